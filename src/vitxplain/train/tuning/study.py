"""StudyFolder: the folder of a search with Optuna's storage, the table, the picture and the best configuration."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vitxplain.errors import UsageError
from vitxplain.escape import utf8
from vitxplain.files.documents import read_text
from vitxplain.files.opening import check_file, read_bytes
from vitxplain.files.paths import exists, is_file, is_folder
from vitxplain.files.reading import reading
from vitxplain.files.tables import csv_bytes
from vitxplain.files.write import write_together
from vitxplain.files.writer_lock import LOCK, WRITER
from vitxplain.options.extras import check_installed
from vitxplain.render.figure import png_bytes
from vitxplain.train.config.run_config import RunConfig
from vitxplain.train.records.metrics_file import is_highest
from vitxplain.train.records.run_folder import RunFolder, check_name
from vitxplain.train.tuning.picture import tuning_picture
from vitxplain.train.tuning.search_space import Space, TrialResult

if TYPE_CHECKING:
    import optuna

ADVICE = "start another search in another folder"


@dataclass(frozen=True)
class StudyFolder:
    """Paths in the folder of a search."""

    path: Path

    @property
    def space(self) -> Path:
        """The search space, as text."""
        return self.path / "search.txt"

    @property
    def base(self) -> Path:
        """The configuration that all trials have in common."""
        return self.path / "base.yaml"

    def run(self, name: str) -> RunFolder:
        """The run of a trial."""
        return RunFolder(self.path / "trials" / name)

    def check(self, *, resume: bool) -> None:
        """Raise UsageError where a search cannot be started or continued."""
        check_name(self.path)
        ours = {LOCK, WRITER}
        holds_files = is_folder(self.path) and any(entry.name not in ours for entry in self.path.iterdir())
        if holds_files and not is_file(self.base):
            raise UsageError(f"{self.path} is there and holds no search; give another folder with --out.")
        if holds_files and not resume:
            raise UsageError(
                f"{self.path} holds a search; continue it with --resume, or give another folder with --out."
            )

    def search(self, typed: str | None) -> str | None:
        """The search space as text: what the search was started with, else what is typed.

        Raises:
            UsageError: they contradict each other.
        """
        with reading(self.space, "a search space", ADVICE, UsageError):
            saved = read_text(self.space).strip() if is_file(self.space) else None
        if saved and typed and typed != saved:
            raise UsageError(f"this search was started with --search {saved}; leave it out, or start another search.")
        return saved or typed

    def saved_base(self) -> RunConfig:
        """The configuration that the search was started with; raises UsageError where it cannot be read."""
        with reading(self.base, "the configuration of a search", ADVICE, UsageError):
            return RunConfig.from_yaml(read_bytes(self.base))

    def begin(self, base: RunConfig, search: str) -> None:
        """Write the search space and the configuration of all trials."""
        write_together({self.space: utf8(f"{search}\n"), self.base: base.as_yaml()})

    @contextmanager
    def study(self, *, seed: int, highest: bool, prune: bool) -> "Iterator[optuna.Study]":
        """Optuna's study, in a file that survives being killed at any moment."""
        optuna = import_optuna()
        database = self.path / "study.db"
        with reading(database, "a database of a search", ADVICE, UsageError):
            if exists(database):
                check_file(database)
            storage = optuna.storages.RDBStorage(f"sqlite:///{database}")
        try:
            study = optuna.create_study(
                storage=storage,
                study_name="vitxplain",
                load_if_exists=True,
                direction="maximize" if highest else "minimize",
                pruner=optuna.pruners.MedianPruner(n_startup_trials=4) if prune else optuna.pruners.NopPruner(),
            )
            # The first draws are random: from the same seed a search that goes on would try the same again.
            study.sampler = optuna.samplers.TPESampler(seed=seed + len(study.get_trials(deepcopy=False)))
            yield study
        finally:
            storage.remove_session()
            storage.engine.dispose()

    def trial_results(self, study: "optuna.Study") -> list[TrialResult]:
        """Every trial that ended by itself; one that was interrupted is continued by a new trial."""
        words = {"COMPLETE": "complete", "PRUNED": "stopped", "FAIL": "failed"}
        return [
            TrialResult(
                number=int(trial.user_attrs["run"]),
                options=trial.params,
                value=trial.value,
                state=words[trial.state.name],
                run=self.run(trial.user_attrs["run"]).path,
                error=trial.user_attrs.get("error", ""),
            )
            for trial in study.trials
            if trial.state.is_finished() and (trial.state.name != "FAIL" or "error" in trial.user_attrs)
        ]

    def write(self, trials: list[TrialResult], best: TrialResult | None, space: Space, metric: str) -> None:
        """trials.csv, history.png and best.yaml as they are now; checkpoints of trials that ended are removed."""
        files = {
            self.path / "trials.csv": _table(trials, space, metric),
            self.path / "history.png": png_bytes(tuning_picture(trials, space, metric, highest=is_highest(metric))),
        }
        if best:
            files[self.path / "best.yaml"] = read_bytes(RunFolder(best.run).config)
        write_together(files)
        for trial in trials:
            shutil.rmtree(RunFolder(trial.run).checkpoints, ignore_errors=True)


def import_optuna() -> Any:
    """Optuna, logging warnings alone.

    Raises:
        UsageError: it is not installed.
    """
    check_installed("vitx tune", "optuna")
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def _table(trials: list[TrialResult], space: Space, metric: str) -> bytes:
    rows = (
        [
            trial.number,
            trial.state,
            trial.value,
            *(trial.options.get(key, "") for key in space),
            trial.error,
        ]
        for trial in trials
    )
    return csv_bytes(["trial", "state", metric, *space, "error"], rows)


def _values(trial: TrialResult, space: Space) -> list[Any]:
    return [trial.options.get(key, "") for key in space]
