"""The data that runs are tested and evaluated on: those typed, else those they were trained on."""

from collections.abc import Mapping, Sequence
from typing import Any

from vitxplain.errors import ModelLoadError, UsageError
from vitxplain.files.near import looks_like_a_path, no_such_folder
from vitxplain.files.paths import is_folder, user_path
from vitxplain.models.known_models import ALIASES, NAMES
from vitxplain.train.config.run_config import absolute_source
from vitxplain.train.records.run_folder import RunFolder


def run_of(model: str) -> RunFolder | None:
    """The run that a model is, if it is one."""
    folder = RunFolder(user_path(model))
    return folder if is_folder(folder.model) and folder.exists() else None


def unfinished(model: str) -> str | None:
    """What there is to know of a model that is a run which has not ended."""
    run = run_of(model)
    if run is None or run.saved_result() is not None:
        return None
    return (
        f"{run.path} has not ended yet: this is its best model so far. "
        f"Go on with `vitx train --resume --out {run.path}`."
    )


def data_of(
    model: str, run: RunFolder | None, data: str | None, options: Mapping[str, Any]
) -> tuple[str, Mapping[str, Any]]:
    """The data with its options; those of the run where its data are tested on, and what was typed before them.

    Args:
        model: as it was typed.
        run: what `run_of` made of it.
        data: as it was typed, if it was.
        options: of the data, as they were typed.

    Raises:
        ModelLoadError: the model can only be meant for a folder, and is none.
        UsageError: nothing says what the data are.
    """
    trained = run.saved_config() if run else None
    if trained and (data is None or absolute_source(data) == absolute_source(trained.data)):
        return trained.data, {**trained.data_options, **options}
    if data is None:
        raise UsageError(
            f"{_no_run(model)}what to test on? Give --data: a folder with a folder of images for each class, digits, "
            "..."
        )
    return data, options


def data_in_common(models: Sequence[str]) -> tuple[str, Mapping[str, Any]] | None:
    """The data with its options that all these models, each a run, were trained on; None of others."""
    runs = [run_of(model) for model in models]
    trained = [(config.data, dict(config.data_options)) for run in runs if run for config in [run.saved_config()]]
    if not trained or len(trained) < len(runs) or any(data != trained[0] for data in trained):
        return None
    return trained[0]


def _no_run(model: str) -> str:
    """Where the model may have been meant for a run, that there is none, as sentences before others.

    Raises:
        ModelLoadError: it can be nothing else.
    """
    if is_folder(user_path(model)) or ":" in model or model in (*ALIASES, *NAMES):
        return ""
    if looks_like_a_path(model):
        raise ModelLoadError(no_such_folder(model))
    return f"{no_such_folder(model)} If it is a name of the Hub: "
