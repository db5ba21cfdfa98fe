"""The data that runs are tested and evaluated on: those typed, else those they were trained on."""

from collections.abc import Mapping, Sequence
from typing import Any

from vitxplain.errors import UsageError
from vitxplain.files.paths import is_folder, user_path
from vitxplain.train.config.run_config import absolute_source
from vitxplain.train.records.run_folder import RunFolder


def run_of(model: str) -> RunFolder | None:
    """The run that a model is, if it is one."""
    folder = RunFolder(user_path(model))
    return folder if is_folder(folder.model) and folder.exists() else None


def data_of(run: RunFolder | None, data: str | None, options: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The data with its options; those of the run where its data are tested on, and what was typed before them.

    Raises:
        UsageError: nothing says what the data are.
    """
    trained = run.saved_config() if run else None
    if trained and (data is None or absolute_source(data) == absolute_source(trained.data)):
        return trained.data, {**trained.data_options, **options}
    if data is None:
        raise UsageError("what to test on? Give --data: a folder with a folder of images for each class, digits, ...")
    return data, options


def data_in_common(models: Sequence[str]) -> tuple[str, Mapping[str, Any]] | None:
    """The data with its options that all these models, each a run, were trained on; None of others."""
    runs = [run_of(model) for model in models]
    trained = [(config.data, dict(config.data_options)) for run in runs if run for config in [run.saved_config()]]
    if not trained or len(trained) < len(runs) or any(data != trained[0] for data in trained):
        return None
    return trained[0]
