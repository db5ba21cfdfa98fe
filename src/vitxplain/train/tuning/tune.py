"""tune: a search by many trainings, the options of each chosen by the figures of those before."""

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path

from vitxplain.files.paths import is_file, user_path
from vitxplain.files.watch import Watch
from vitxplain.files.writer_lock import writer_lock
from vitxplain.models.loading.devices import resolve_device
from vitxplain.models.loading.quiet import quiet_transformers
from vitxplain.options.checks import check_count
from vitxplain.train.assemble import TrainingSetup
from vitxplain.train.config.configure import configure, option_value
from vitxplain.train.config.run_config import RunConfig, resumed_config
from vitxplain.train.config.trainer_arguments import best_figure
from vitxplain.train.records.metrics_file import is_highest
from vitxplain.train.tuning.search_space import DEFAULT, TrialResult, search_space
from vitxplain.train.tuning.study import StudyFolder, import_optuna
from vitxplain.train.tuning.trial import requeue_interrupted, run_trial
from vitxplain.train.watch.observers import check_watched


@dataclass(frozen=True)
class TuningResult:
    """The trials of a search; `best` is None where no trial is complete."""

    folder: Path
    metric: str  # of the validation set: loss, or accuracy, map, miou by the task
    trials: Sequence[TrialResult]
    best: TrialResult | None


def tune(
    model: str | None = None,
    data: str | None = None,
    *,
    task: str | None = None,
    trials: int = 20,
    search: str | None = None,
    options: Sequence[str] = (),
    config: Path | None = None,
    limit: int | None = None,
    out: str | PathLike[str] = "vitx-runs/tune",
    resume: bool = False,
    prune: bool = True,
    strict: bool = False,
    device: str = "auto",
    on_trial: Callable[[TrialResult, TrialResult | None], object] = lambda _trial, _best: None,
) -> TuningResult:
    """Train again and again with other options, and find those that are best on the validation set.

    Args:
        model: whatever `load_model` opens, or "scratch".
        data: whatever `load_data` opens.
        task: as for `train`; None: what the file says, else "auto".
        trials: how many trainings, those of a search that is continued included.
        search: the options to search with their values (`search_space`); None: learning rate, batch size and weight
            decay.
        options: what all trainings have in common, as `key=value`.
        config: a YAML file with the same.
        limit: so many images of each split at most.
        out: the folder of the search; each training is a run in its trials/, without checkpoints once it has ended.
        resume: go on with the search that lies there; a training that was cut short goes on where it was.
        prune: stop trainings that are worse than half of the others at the same evaluation.
        strict: a damaged image stops; else it is skipped.
        device: as for `train`.
        on_trial: called after each trial with its result and the best one so far.

    Raises:
        UsageError: an option or value that does not exist, a folder that holds something, or Optuna is missing.
        DataError, ModelLoadError, OutputError: as for `train`.
    """
    check_count("trials", trials)
    import_optuna()
    folder = StudyFolder(user_path(out))
    with writer_lock(folder.path) as watch:
        folder.check(resume=resume)
        base = _base(folder, config, options, model=model, data=data, limit=limit, task=task)
        return _search(
            folder, watch, base, trials, search, prune=prune, strict=strict, device=device, on_trial=on_trial
        )


def _search(
    folder: StudyFolder,
    watch: Watch,
    base: RunConfig,
    trials: int,
    search: str | None,
    *,
    prune: bool,
    strict: bool,
    device: str,
    on_trial: Callable[[TrialResult, TrialResult | None], object],
) -> TuningResult:
    """All trials; the folder is this command's alone."""
    space = search_space(folder.search(search) or DEFAULT, lambda key, text: option_value(base, key, text))
    with quiet_transformers():  # errors of model and data come before anything is written
        setup = TrainingSetup.of(base, resolve_device(device), strict=strict)
        check_watched(setup)
    metric = best_figure(base.options, setup.objective.figures[0])
    base = replace(base, task=setup.config.task)
    folder.begin(base, folder.search(search) or DEFAULT)
    with folder.study(seed=base.options.seed, highest=is_highest(metric), prune=prune) as study:
        requeue_interrupted(study)
        while len(results := folder.trial_results(study)) < trials:
            trial = study.ask()
            number = run_trial(study, trial, folder, base, space, metric, strict=strict, device=device)
            watch.check()
            gc.collect()  # a Trainer is held by cycles, and its weights may fill a GPU
            results = folder.trial_results(study)
            best = best_of(results, metric)
            folder.write(results, best, space, metric)
            on_trial(next(result for result in results if result.number == number), best)
    return TuningResult(folder.path, metric, results, best_of(results, metric))


def best_of(trials: Sequence[TrialResult], metric: str) -> TrialResult | None:
    """The complete trial of the highest figure or the lowest loss; the first of several."""
    sign = 1 if is_highest(metric) else -1
    complete = [trial for trial in trials if trial.state == "complete" and trial.value is not None]
    return max(complete, key=lambda trial: sign * (trial.value or 0.0), default=None)


def _base(
    folder: StudyFolder,
    config: Path | None,
    options: Sequence[str],
    *,
    model: str | None,
    data: str | None,
    limit: int | None,
    task: str | None,
) -> RunConfig:
    """The configuration that all trials have in common; of a search that is continued, the saved one."""
    if not is_file(folder.base):
        return configure(config, options, model=model, data=data, limit=limit, task=task)
    saved = folder.saved_base()
    new = configure(config, options, model=model or saved.model, data=data or saved.data, limit=limit, task=task)
    return resumed_config(new, saved)
