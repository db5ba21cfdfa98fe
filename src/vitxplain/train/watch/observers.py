"""Callbacks that watch a run: its loggers, and the explanations of a few validation images."""

import warnings
from typing import Any

from transformers import TrainerCallback

from vitxplain.errors import UnsupportedModelError
from vitxplain.explainers.base import says_where
from vitxplain.explainers.passes.choose import build, load_explainer
from vitxplain.explainers.passes.fit import fitting, reason
from vitxplain.inspect.live.image_record import check_recordable
from vitxplain.processes import main_process
from vitxplain.train.assemble import TrainingSetup
from vitxplain.train.records.run_folder import RunFolder
from vitxplain.train.watch.explanation_watcher import ExplanationWatcher
from vitxplain.train.watch.loggers import logger_callbacks, logger_names, summary_writer


def build_observers(folder: RunFolder, setup: TrainingSetup, *, after: int) -> list[TrainerCallback]:
    """The callbacks, in the main process; none in others. A resumed run goes on after step `after`."""
    if not main_process():
        return []
    options = setup.config.options
    names = logger_names(options.loggers)
    writer = summary_writer(folder, after) if "tensorboard" in names else None
    watchers = _explanation_watchers(folder, setup, writer) if options.watch_every else []
    return [*watchers, *(logger_callbacks(names, writer) if names else [])]


def check_watched(setup: TrainingSetup) -> None:
    """Check, before anything is written, that `watch_method` and `watch_attention` fit the model.

    Raises:
        UnknownNameError: there is no such method.
        UnsupportedModelError: one does not fit.
    """
    options, model = setup.config.options, setup.model.model
    if options.watch_attention:
        try:
            check_recordable(model)
        except UnsupportedModelError as error:
            raise UnsupportedModelError(f"watch_attention=true cannot be: {error}") from error
    if not options.watch_every or options.watch_method == "auto":
        return
    (explainer,) = build([options.watch_method], {}).values()
    why = reason(explainer, model.probe()) or (None if says_where(explainer.axes) else "it gives no map of the image")
    if why:
        names = [name for name, obstacle in fitting(model).items() if obstacle is None]
        maps = ", ".join(name for name in names if says_where(load_explainer(name)().axes))
        raise UnsupportedModelError(
            f"watch_method={options.watch_method} does not fit {model.source}: {why}. Methods that do: {maps}; auto "
            "chooses one, and watch_every=0 draws none."
        )


def _explanation_watchers(folder: RunFolder, setup: TrainingSetup, writer: Any) -> list[TrainerCallback]:
    options = setup.config.options
    try:
        watcher = ExplanationWatcher(
            folder.path / "probes",
            setup.model.model,
            setup.validation,
            every=options.watch_every,
            images=options.watch_images,
            method=options.watch_method,
            writer=lambda: writer,
            recording=folder.path if options.watch_attention else None,
        )
    except UnsupportedModelError as error:
        if options.watch_method != "auto" or options.watch_attention:
            raise
        warnings.warn(f"no explanations are drawn while training: {error}", stacklevel=2)
        return []
    return [watcher]
