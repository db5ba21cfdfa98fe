"""Who looks on while a run trains: the loggers asked for, and the explanations of probe images."""

import warnings
from typing import Any

from transformers import TrainerCallback

from vitxplain.errors import UnsupportedModelError
from vitxplain.explainers.base import says_where
from vitxplain.explainers.passes.choose import build, load_explainer
from vitxplain.explainers.passes.fit import fitting, reason
from vitxplain.processes import main_process
from vitxplain.train.assemble import TrainingSetup
from vitxplain.train.records.run_folder import RunFolder
from vitxplain.train.watch import loggers
from vitxplain.train.watch.explanation_watcher import ExplanationWatcher


def watching(folder: RunFolder, parts: TrainingSetup, *, after: int) -> list[TrainerCallback]:
    """Callbacks of the main process; the run goes on after step `after`."""
    if not main_process():
        return []
    options = parts.config.options
    names = loggers.named(options.loggers)
    writer = loggers.summary_writer(folder, after) if "tensorboard" in names else None
    made = loggers.callbacks(names, writer) if names else []
    return (_watcher(folder, parts, writer) if options.watch_every else []) + made


def check_method(parts: TrainingSetup) -> None:
    """Before anything is written: whether the method that explanations are to be drawn by fits the model.

    Raises:
        UnknownNameError: there is no such method.
        UnsupportedModelError: it does not fit.
    """
    options, model = parts.config.options, parts.model.model
    if not options.watch_every or options.watch_method == "auto":
        return
    (explainer,) = build([options.watch_method], {}).values()
    why = reason(explainer, model.probe()) or (None if says_where(explainer.axes) else "it gives no map of the image")
    if why:
        fit = [name for name, obstacle in fitting(model).items() if obstacle is None]
        maps = ", ".join(name for name in fit if says_where(load_explainer(name)().axes))
        raise UnsupportedModelError(
            f"watch_method={options.watch_method} does not fit {model.source}: {why}. Methods that do: {maps}; auto "
            "chooses one, and watch_every=0 draws none."
        )


def _watcher(folder: RunFolder, parts: TrainingSetup, writer: Any) -> list[TrainerCallback]:
    options = parts.config.options
    try:
        watcher = ExplanationWatcher(
            folder.path / "probes",
            parts.model.model,
            parts.validation,
            every=options.watch_every,
            images=options.watch_images,
            method=options.watch_method,
            writer=lambda: writer,
        )
    except UnsupportedModelError as error:
        if options.watch_method != "auto":
            raise
        warnings.warn(f"no explanations are drawn while training: {error}", stacklevel=2)
        return []
    return [watcher]
