"""train: trains a model on a data set, and writes the run folder."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from os import PathLike
from typing import Any

import torch
from transformers import TrainerCallback

from vitxplain.files.paths import user_path
from vitxplain.files.writer_lock import writer_lock
from vitxplain.models.loading.devices import resolve_device
from vitxplain.models.loading.quiet import quiet_transformers
from vitxplain.processes import in_one_process, main_process, starts_first
from vitxplain.train.assemble import TrainingSetup
from vitxplain.train.config.options import TrainOptions
from vitxplain.train.config.run_config import AUTO, RunConfig, absolute_source, resumed_config
from vitxplain.train.config.task_names import check_task
from vitxplain.train.config.trainer_arguments import check_optimizer
from vitxplain.train.finish import finish
from vitxplain.train.loop.callbacks import RunCallbacks
from vitxplain.train.records import checkpoints
from vitxplain.train.records.result import RunResult, TrainingInterrupted
from vitxplain.train.records.run_folder import RunFolder, default_folder, prepare_folder
from vitxplain.train.run_summary import RunSummary
from vitxplain.train.run_writer import RunWriter
from vitxplain.train.watch.loggers import logger_names
from vitxplain.train.watch.observers import build_observers, check_watched


def train(
    model: str,
    data: str,
    *,
    task: str = AUTO,
    out: str | PathLike[str] | None = None,
    options: TrainOptions | None = None,
    model_options: Mapping[str, Any] | None = None,
    data_options: Mapping[str, Any] | None = None,
    limit: int | None = None,
    strict: bool = False,
    device: str = "auto",
    resume: bool = False,
    overwrite: bool = False,
    callbacks: Sequence[TrainerCallback] = (),
    on_start: Callable[[RunSummary], object] = lambda _: None,
) -> RunResult:
    """Train a model on labelled images; everything about it lies in one folder, which `load_model` opens.

    Args:
        model: whatever `load_model` opens, or "scratch": a new one, made from `model_options`.
        data: whatever `load_data` opens; its splits train, validation and, where there is one, test are used.
        task: "image-classification", "object-detection" or "image-segmentation"; "auto": what model and data are for.
        out: the run's folder; None: vitx-runs/MODEL-DATA, with the first free number behind.
        options: how to train.
        model_options: of a model from scratch, or of LoRA.
        data_options: of the data set.
        limit: so many images of each split at most.
        strict: a damaged image stops; else it is skipped and named.
        device: "auto", "cpu", "cuda", "cuda:1", "mps".
        resume: go on from the newest whole checkpoint in the folder, with the options the run was started with.
        overwrite: remove the run that is there.
        callbacks: further callbacks of the Trainer of transformers.
        on_start: called with the summary of the run before the first step, in the main process.

    Raises:
        UsageError: a name or an option that does not exist, or a folder that holds something or is written already.
        DataError: the data cannot be trained on.
        TrainError: the loss is no number any more.
        OutputError: the folder cannot be written or is gone, or the disk is full; the last whole checkpoint stays.
        TrainingInterrupted: by Ctrl-C or SIGTERM; a checkpoint was written after the step.
    """
    torch_device = resolve_device(device)
    options = options or TrainOptions()
    logger_names(options.loggers)
    check_optimizer(options.optimizer)
    check_task(task)
    config = RunConfig(
        absolute_source(model), absolute_source(data), options, model_options or {}, data_options or {}, limit, task
    )

    with ExitStack() as stack:

        def open_folder() -> tuple[RunFolder, RunConfig]:
            named = RunFolder(user_path(out)) if out else None
            folder = named or default_folder(model, data, resume=resume, overwrite=overwrite)
            if starts_first():
                folder = replace(folder, watch=stack.enter_context(writer_lock(folder.path)))
            prepare_folder(folder, resume=resume, overwrite=overwrite)
            return folder, resumed_config(config, folder.saved_config()) if folder.exists() else config

        folder, config = in_one_process(open_folder)
        if facts := folder.saved_result():
            return RunResult(folder.path, **facts, was_finished=True)
        return _train(folder, config, torch_device, strict=strict, callbacks=callbacks, on_start=on_start)


def _train(
    folder: RunFolder,
    config: RunConfig,
    torch_device: torch.device,
    *,
    strict: bool,
    callbacks: Sequence[TrainerCallback],
    on_start: Callable[[RunSummary], object],
) -> RunResult:
    """From the newest checkpoint, if there is one, to the end; the folder is this command's alone."""
    with quiet_transformers():
        setup = TrainingSetup.of(config, torch_device, strict=strict)
        check_watched(setup)
        if main_process():
            folder.write({"config.yaml": setup.config.as_yaml()})
        writer = RunWriter(folder, setup)
        run_callbacks = RunCallbacks(
            setup.feed, patience=config.options.early_stopping, keep_best=writer.keep_best, record=writer.write
        )
        newest = checkpoints.newest(folder.checkpoints)
        if damaged := checkpoints.damaged(folder.checkpoints, after=newest):
            names = ", ".join(checkpoint.name for checkpoint in damaged)
            warnings.warn(
                f"{names} of {folder.path} cannot be used: damaged. Training goes on from before.", stacklevel=2
            )
        after = checkpoints.step_of(newest) if newest else 0
        if main_process():
            on_start(RunSummary.of(folder.path, setup, after=after))
        observers = build_observers(folder, setup, after=after)
        trainer = setup.trainer(folder, [run_callbacks, *observers, *callbacks])
        with run_callbacks.until_interrupted():
            trainer.train(resume_from_checkpoint=str(newest) if newest else None)
        state = trainer.state
        if run_callbacks.interrupted and state.global_step < state.max_steps:
            raise TrainingInterrupted(folder.path, state.global_step, state.max_steps, run_callbacks.signal)
        if not main_process():
            return RunResult(folder.path, state.global_step, state.best_global_step or 0, seconds=0.0)
        return finish(folder, setup, state, strict=strict)
