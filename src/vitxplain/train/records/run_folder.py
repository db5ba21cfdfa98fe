"""The folder of a run: its name, what lies where in it, and how its model is replaced in one move."""

import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from vitxplain.errors import UsageError
from vitxplain.files.disk import refused, to_disk
from vitxplain.files.near import question
from vitxplain.files.paths import is_folder, user_path
from vitxplain.files.write import write_together
from vitxplain.train.config.run_config import RunConfig

RUNS = Path("vitx-runs")
OURS = (
    *("result.json", "metrics.csv", "curves.png", "checkpoints", "model", ".model-new", ".model-old"),
    *("probes", "test", "tensorboard", "config.yaml"),
)


@dataclass(frozen=True)
class RunFolder:
    """Paths in a run."""

    path: Path

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
    def result(self) -> Path:
        """Is there once the run is finished."""
        return self.path / "result.json"

    def exists(self) -> bool:
        return self.config.is_file()

    def finished(self) -> Mapping[str, Any] | None:
        """The result of a finished run."""
        try:
            return json.loads(self.result.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def saved_config(self) -> RunConfig:
        """Raises UsageError where config.yaml cannot be read."""
        try:
            return RunConfig.from_yaml(self.config.read_bytes())
        except Exception as error:
            raise UsageError(
                f"{self.config} is no configuration of a run ({error}); give --overwrite to start it anew."
            ) from error

    def write(self, files: Mapping[str, bytes]) -> None:
        """Files of the run, by name; each is whole or not there."""
        write_together({self.path / name: content for name, content in files.items()})

    def replace_model(self, save: Callable[[Path], None]) -> None:
        """What `save` writes becomes model/, from one moment to the next."""
        aside, old = self.path / ".model-new", self.path / ".model-old"
        shutil.rmtree(aside, ignore_errors=True)
        try:
            save(aside)
            _open_to_the_same(aside)
            to_disk(aside)
        except (OSError, RuntimeError, SafetensorError) as error:
            kept = "The best model before is kept." if self.model.exists() else "There was none before."
            failed = refused("the best model so far", self.path, error, kept)
            shutil.rmtree(aside, ignore_errors=True)
            raise failed from error
        if self.model.exists():
            shutil.rmtree(old, ignore_errors=True)
            self.model.replace(old)
        aside.replace(self.model)
        shutil.rmtree(old, ignore_errors=True)

    def settle(self) -> None:
        """Put right what a kill between two moves left."""
        old = self.path / ".model-old"
        if old.exists() and not self.model.exists():
            old.replace(self.model)
        for left in (old, self.path / ".model-new"):
            shutil.rmtree(left, ignore_errors=True)
        for part in self.path.rglob(".vitx-*.part"):
            part.unlink()

    def clear(self) -> None:
        """Remove the run, and nothing that is not of it."""
        for name in OURS:
            path = self.path / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def _open_to_the_same(folder: Path) -> None:
    """Whoever may read one file may read all: safetensors writes for its owner alone, whatever the umask."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    mode = max(file.stat().st_mode for file in files)
    for file in files:
        file.chmod(mode)


def default_folder(model: str, data: str, *, resume: bool, overwrite: bool) -> RunFolder:
    """vitx-runs/MODEL-DATA, or with the first free number behind; the latest of them to resume or overwrite."""
    name = "-".join(re.sub(r"[^\w.]+", "-", _last_name(part)).strip("-.") for part in (model, data))
    taken = 0
    while _numbered(name, taken + 1).exists():
        taken += 1
    return RunFolder(_numbered(name, taken if taken and (resume or overwrite) else taken + 1))


def unfinished_runs() -> list[Path]:
    """Runs that a later call may go on with."""
    found = (RunFolder(config.parent) for config in sorted(RUNS.glob("*/config.yaml")))
    return [folder.path for folder in found if folder.finished() is None]


def opened(folder: RunFolder, *, resume: bool, overwrite: bool) -> RunFolder:
    """The folder, ready to be written.

    Raises:
        UsageError: there is something, and neither resume nor overwrite was asked for; or it is no run.
    """
    if resume and overwrite:
        raise UsageError("--resume and --overwrite exclude each other; give one of them.")
    path = folder.path
    if path.exists() and (not path.is_dir() or any(not one.name.startswith(".") for one in path.iterdir())):
        if not folder.exists():
            raise UsageError(f"{path} is there and holds no run; give another folder with --out.")
        if overwrite:
            folder.clear()
        elif not resume:
            raise UsageError(
                f"{path} holds a run; continue it with --resume, replace it with --overwrite, or give another folder "
                "with --out."
            )
    folder.settle()
    return folder


def _last_name(source: str) -> str:
    """Of a path or a Hub id what stands last."""
    path = user_path(source)
    return path.resolve().name if is_folder(path) else path.name or source


def _numbered(name: str, number: int) -> Path:
    return RUNS / (name if number == 1 else f"{name}-{number}")


def model_and_data_of(run: Path, model: str | None, data: str | None) -> tuple[str | None, str | None]:
    """What was not typed, as the run that lies there was started with; without one, what was typed.

    Raises:
        UsageError: there is no run, and nothing was typed that one could be started with.
    """
    from vitxplain.train.records.run_folder import RunFolder

    folder = RunFolder(run)
    if folder.exists():
        saved = folder.saved_config()
        return model or saved.model, data or saved.data
    if model is data is None:
        start = " To start one, give --model and --data, and leave --resume out."
        raise UsageError(f"there is no run in {run} to go on with.{question(run) or start}")
    return model, data
