"""One trial of a search: a training that may be pruned, or interrupted and resumed."""

from typing import TYPE_CHECKING, Any

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from vitxplain.errors import DataError, OutputError, VitxplainError
from vitxplain.train.config.configure import with_options
from vitxplain.train.config.run_config import RunConfig
from vitxplain.train.records.metrics_file import FIGURES
from vitxplain.train.run import train
from vitxplain.train.tuning.search_space import Space
from vitxplain.train.tuning.study import StudyFolder

if TYPE_CHECKING:
    import optuna


def requeue_interrupted(study: "optuna.Study") -> None:
    """Queue the options of interrupted trials again, for new trials that resume the same runs."""
    import optuna

    for interrupted in study.get_trials(states=(optuna.trial.TrialState.RUNNING,)):
        if "run" in interrupted.user_attrs:
            study.enqueue_trial(interrupted.params, user_attrs={"run": interrupted.user_attrs["run"]})
        study.tell(interrupted.number, state=optuna.trial.TrialState.FAIL)


def run_trial(
    study: "optuna.Study",
    trial: "optuna.Trial",
    folder: StudyFolder,
    base: RunConfig,
    space: Space,
    metric: str,
    *,
    strict: bool,
    device: str,
) -> int:
    """Train with options that the study chooses; gives the number of the run."""
    import optuna

    typed = [f"{key}={dimension.suggest(trial, key)}" for key, dimension in space.items()]
    if "run" not in trial.user_attrs:
        trial.set_user_attr("run", f"{_latest_run(study) + 1:03d}")
    name = trial.user_attrs["run"]
    try:
        config = with_options(base, typed)
        result = train(
            config.model,
            config.data,
            task=config.task,
            out=folder.run(name).path,
            options=config.options,
            model_options=config.model_options,
            data_options=config.data_options,
            limit=config.limit,
            strict=strict,
            device=device,
            resume=True,
            callbacks=[_Pruning(trial, metric)],
        )
        value = result.metrics["validation"][metric]
        if value is None:
            raise DataError(
                f"the {FIGURES.get(metric, metric)} of the validation split is no number; give it objects to be found."
            )
        study.tell(trial, value)
    except optuna.TrialPruned:
        study.tell(trial, state=optuna.trial.TrialState.PRUNED)
    except OutputError:
        raise
    except (VitxplainError, torch.OutOfMemoryError) as error:  # these options do not work; others may
        trial.set_user_attr("error", str(error))
        study.tell(trial, state=optuna.trial.TrialState.FAIL)
    return int(name)


def _latest_run(study: "optuna.Study") -> int:
    return max(int(trial.user_attrs.get("run", 0)) for trial in study.trials)


class _Pruning(TrainerCallback):
    """Reports each evaluation to the study, and ends the training when the study prunes it."""

    def __init__(self, trial: "optuna.Trial", metric: str) -> None:
        self.trial, self.metric, self.reported = trial, metric, 0

    def on_evaluate(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **others: Any) -> None:
        figures = [entry[f"eval_{self.metric}"] for entry in state.log_history if f"eval_{self.metric}" in entry]
        for number, figure in list(enumerate(figures, 1))[self.reported :]:  # after resuming, those of before too
            self.trial.report(figure, number)
        self.reported = len(figures)
        if state.global_step < state.max_steps and self.trial.should_prune():
            from optuna import TrialPruned

            raise TrialPruned
