"""The folder of a search: its trials in Optuna's storage, the table, the picture and the best configuration."""

import csv
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vitxplain.errors import UsageError
from vitxplain.files.write import write_together
from vitxplain.render.figure import png_bytes
from vitxplain.train.config.run_config import RunConfig
from vitxplain.train.records.run_folder import RunFolder
from vitxplain.train.tuning.picture import tuning_picture
from vitxplain.train.tuning.search_space import Space, TrialResult

if TYPE_CHECKING:
    import optuna


@dataclass(frozen=True)
class StudyFolder:
    """Paths in the folder of a search."""

    path: Path

    @property
    def space(self) -> Path:
        """What is searched, as text."""
        return self.path / "search.txt"

    @property
    def base(self) -> Path:
        """What all trials have in common, as a configuration."""
        return self.path / "base.yaml"

    def run(self, name: str) -> RunFolder:
        """The run of a trial."""
        return RunFolder(self.path / "trials" / name)

    def check(self, *, resume: bool) -> None:
        """Raise UsageError where a search cannot be started or continued."""
        there = self.path.is_dir() and any(self.path.iterdir())
        if there and not self.base.is_file():
            raise UsageError(f"{self.path} is there and holds no search; give another folder with --out.")
        if there and not resume:
            raise UsageError(
                f"{self.path} holds a search; continue it with --resume, or give another folder with --out."
            )

    def search(self, asked: str | None) -> str | None:
        """What this search was started with, else what is asked.

        Raises:
            UsageError: they contradict each other.
        """
        saved = self.space.read_text("utf-8").strip() if self.space.is_file() else None
        if saved and asked and asked != saved:
            raise UsageError(f"this search was started with --search {saved}; leave it out, or start another search.")
        return saved or asked

    def begin(self, base: RunConfig, search: str) -> None:
        """Write what the search is about."""
        write_together({self.space: f"{search}\n".encode(), self.base: base.as_yaml()})

    @contextmanager
    def study(self, *, seed: int, highest: bool, prune: bool) -> "Iterator[optuna.Study]":
        """Optuna's study, in a file that survives being killed at any moment."""
        optuna = import_optuna()
        storage = optuna.storages.RDBStorage(f"sqlite:///{self.path / 'study.db'}")
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

    def tried(self, study: "optuna.Study") -> list[TrialResult]:
        """Every trial that came to an end; those that were cut short are continued by another one."""
        words = {"COMPLETE": "complete", "PRUNED": "stopped", "FAIL": "failed"}
        return [
            TrialResult(
                number=int(one.user_attrs["run"]),
                chosen=one.params,
                value=one.value,
                state=words[one.state.name],
                run=self.run(one.user_attrs["run"]).path,
                error=one.user_attrs.get("error", ""),
            )
            for one in study.trials
            if one.state.is_finished() and (one.state.name != "FAIL" or "error" in one.user_attrs)
        ]

    def write(self, tried: list[TrialResult], best: TrialResult | None, space: Space, metric: str) -> None:
        """trials.csv, history.png and best.yaml as they are now; checkpoints of trials that ended are removed."""
        files = {
            self.path / "trials.csv": _table(tried, space, metric),
            self.path / "history.png": png_bytes(tuning_picture(tried, space, metric, highest=metric == "accuracy")),
        }
        if best:
            files[self.path / "best.yaml"] = RunFolder(best.run).config.read_bytes()
        write_together(files)
        for one in tried:
            shutil.rmtree(RunFolder(one.run).checkpoints, ignore_errors=True)


def import_optuna() -> Any:
    """Optuna, quiet.

    Raises:
        UsageError: it is not installed.
    """
    try:
        import optuna
    except ImportError as error:
        raise UsageError("vitx tune needs Optuna, which is not installed: pip install 'vitxplain[tune]'.") from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def _table(tried: list[TrialResult], space: Space, metric: str) -> bytes:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["trial", "state", metric, *space, "error"])
    for one in tried:
        chosen = [one.chosen.get(key, "") for key in space]
        writer.writerow([one.number, one.state, "" if one.value is None else one.value, *chosen, one.error])
    return text.getvalue().encode()
