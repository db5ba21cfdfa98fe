"""RunFolder: paths and files of a run, its saved configuration and result; which folder a new run takes."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from vitxplain.errors import UsageError
from vitxplain.files.disk import refused, to_disk
from vitxplain.files.documents import read_object
from vitxplain.files.near import question
from vitxplain.files.opening import read_bytes
from vitxplain.files.paths import exists, is_file, is_folder, is_text, real_path, user_path
from vitxplain.files.reading import reading
from vitxplain.files.watch import Watch
from vitxplain.files.write import write_together
from vitxplain.train.config.run_config import RunConfig
from vitxplain.train.records.result import RunResult
from vitxplain.words import slug

RUNS = Path("vitx-runs")
CURVES = "curves.png"
RUN_FILES = (
    *("result.json", "metrics.csv", CURVES, "checkpoints", "model", ".model-new", ".model-old"),
    *("probes", "inspect", "test", "tensorboard", "config.yaml"),
)


@dataclass(frozen=True)
class RunFolder:
    """Paths in a run; `watch` notices if the folder goes away while there is work for it."""

    path: Path
    watch: Watch | None = field(default=None, repr=False, compare=False)

    @property
    def config(self) -> Path:
        return self.path / "config.yaml"

    @property
    def model(self) -> Path:
        return self.path / "model"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def curves(self) -> Path:
        return self.path / CURVES

    @property
    def result(self) -> Path:
        """The file that a finished run has."""
        return self.path / "result.json"

    def exists(self) -> bool:
        return is_file(self.config)

    def saved_result(self) -> Mapping[str, Any] | None:
        """The facts in result.json; None while the run is not finished, or where the file is not what a run writes."""
        try:
            facts = read_object(self.result)
            RunResult(self.path, **facts)
        except Exception:  # whatever is there: to resume the run writes it anew
            return None
        return facts

    def saved_config(self) -> RunConfig:
        """The configuration in config.yaml; raises UsageError where it cannot be read."""
        with reading(self.config, "a configuration of a run", "give --overwrite to start it anew", UsageError):
            return RunConfig.from_yaml(read_bytes(self.config))

    def write(self, files: Mapping[str, bytes]) -> None:
        """Write files of the run, by name; each is whole or not there, and stays so when the power goes.

        Raises:
            OutputError: they cannot be written, or the folder is gone.
        """
        self.check()
        paths = write_together({self.path / name: content for name, content in files.items()})
        for folder in {path.parent for path in paths}:
            to_disk(folder, deep=False)

    def check(self) -> None:
        """Raise OutputError where the folder went away while there is work for it."""
        if self.watch:
            self.watch.check()

    def replace_model(self, save: Callable[[Path], None]) -> None:
        """Let `save` write a model aside, then make it model/ by renaming."""
        self.check()
        aside, old = self.path / ".model-new", self.path / ".model-old"
        shutil.rmtree(aside, ignore_errors=True)
        try:
            save(aside)
            _share_permissions(aside)
            to_disk(aside)
        except (OSError, RuntimeError, SafetensorError) as error:
            kept = "The best model before is kept." if exists(self.model) else "There was none before."
            failure = refused("the best model so far", self.path, error, kept)
            shutil.rmtree(aside, ignore_errors=True)
            raise failure from error
        if exists(self.model):
            shutil.rmtree(old, ignore_errors=True)
            self.model.replace(old)
        aside.replace(self.model)
        to_disk(self.path, deep=False)
        shutil.rmtree(old, ignore_errors=True)

    def repair(self) -> None:
        """Finish or undo what a process that was killed between two renames left."""
        old = self.path / ".model-old"
        if exists(old) and not exists(self.model):
            old.replace(self.model)
        for path in (old, self.path / ".model-new"):
            shutil.rmtree(path, ignore_errors=True)
        for part in self.path.rglob(".vitx-*.part"):
            part.unlink()

    def clear(self) -> None:
        """Remove the files of the run, and no others."""
        for name in RUN_FILES:
            path = self.path / name
            if is_folder(path) and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def default_folder(model: str, data: str, *, resume: bool, overwrite: bool) -> RunFolder:
    """vitx-runs/MODEL-DATA, or with the first free number behind; to resume or overwrite the latest of them."""
    name = "-".join(slug(_last_name(part), empty="", keep=".") for part in (model, data))
    latest = 0
    while exists(_numbered(name, latest + 1)):
        latest += 1
    return RunFolder(_numbered(name, latest if latest and (resume or overwrite) else latest + 1))


def unfinished_runs() -> list[Path]:
    """Folders of runs in vitx-runs that can be resumed."""
    folders = (RunFolder(config.parent) for config in sorted(RUNS.glob("*/config.yaml")))
    return [folder.path for folder in folders if folder.saved_result() is None]


def prepare_folder(folder: RunFolder, *, resume: bool, overwrite: bool) -> None:
    """Make the folder ready for a run: check what is in it, clear or repair it.

    Raises:
        UsageError: it holds something that is no run, or a run that is neither to be resumed nor overwritten.
    """
    if resume and overwrite:
        raise UsageError("--resume and --overwrite exclude each other; give one of them.")
    path = folder.path
    check_name(path)
    if exists(path) and (not is_folder(path) or any(not child.name.startswith(".") for child in path.iterdir())):
        if not folder.exists():
            raise UsageError(f"{path} is there and holds no run; give another folder with --out.")
        if overwrite:
            folder.clear()
        elif not resume:
            raise UsageError(
                f"{path} holds a run; continue it with --resume, replace it with --overwrite, or give another folder "
                "with --out."
            )
    folder.repair()


def check_name(path: Path) -> None:
    """Raise UsageError for a folder in which no model could be opened."""
    if not is_text(path):
        raise UsageError(f"{path} is no name in UTF-8, and safetensors opens no other; give another one with --out.")


def model_and_data_of(run: Path, model: str | None, data: str | None) -> tuple[str | None, str | None]:
    """The model and data that are typed, else those of the run in the folder.

    Raises:
        UsageError: there is no run, and neither model nor data is typed.
    """
    folder = RunFolder(run)
    if folder.exists():
        saved = folder.saved_config()
        return model or saved.model, data or saved.data
    if model is data is None:
        start = " To start one, give --model and --data, and leave --resume out."
        raise UsageError(f"there is no run in {run} to go on with.{question(run) or start}")
    return model, data


def _share_permissions(folder: Path) -> None:
    """Give all files the widest permissions among them: safetensors writes for the owner alone, whatever the umask."""
    files = [file for file in folder.rglob("*") if is_file(file)]
    mode = max(file.stat().st_mode for file in files)
    for file in files:
        file.chmod(mode)


def _last_name(source: str) -> str:
    """The last part of a path or a Hub id."""
    path = user_path(source)
    return real_path(path).name if is_folder(path) else path.name or source


def _numbered(name: str, number: int) -> Path:
    return RUNS / (name if number == 1 else f"{name}-{number}")
