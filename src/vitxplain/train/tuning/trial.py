"""One trial of a search: a training that may be given up early, or taken up again."""

from typing import TYPE_CHECKING, Any

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from vitxplain.errors import OutputError, VitxplainError
from vitxplain.train.config.configure import with_options
from vitxplain.train.config.run_config import RunConfig
from vitxplain.train.run import train
from vitxplain.train.tuning.search_space import Space
from vitxplain.train.tuning.study import StudyFolder

if TYPE_CHECKING:
    import optuna


def requeue_interrupted(study: "optuna.Study") -> None:
    """Trials that were cut short are given up for new ones with the same options, which go on in the same runs."""
    import optuna

    for one in study.get_trials(states=(optuna.trial.TrialState.RUNNING,)):
        if "run" in one.user_attrs:
            study.enqueue_trial(one.params, user_attrs={"run": one.user_attrs["run"]})
        study.tell(one.number, state=optuna.trial.TrialState.FAIL)


def attempt(
    study: "optuna.Study",
    trial: "optuna.Trial",
    folder: StudyFolder,
    base: RunConfig,
    space: Space,
    *,
    strict: bool,
    device: str,
) -> int:
    """One training, with what the study chooses; the number of its run."""
    import optuna

    typed = [f"{key}={one.suggest(trial, key)}" for key, one in space.items()]
    if "run" not in trial.user_attrs:
        trial.set_user_attr("run", f"{_latest(study) + 1:03d}")
    name = trial.user_attrs["run"]
    metric = base.options.best
    try:
        chosen = with_options(base, typed)
        result = train(
            chosen.model,
            chosen.data,
            out=folder.run(name).path,
            options=chosen.options,
            model_options=chosen.model_options,
            data_options=chosen.data_options,
            limit=chosen.limit,
            strict=strict,
            device=device,
            resume=True,
            callbacks=[_Pruning(trial, metric)],
        )
        study.tell(trial, result.metrics["validation"][metric])
    except optuna.TrialPruned:
        study.tell(trial, state=optuna.trial.TrialState.PRUNED)
    except OutputError:
        raise
    except (VitxplainError, torch.OutOfMemoryError) as error:  # these options do not work; others may
        trial.set_user_attr("error", str(error))
        study.tell(trial, state=optuna.trial.TrialState.FAIL)
    return int(name)


def _latest(study: "optuna.Study") -> int:
    return max(int(one.user_attrs.get("run", 0)) for one in study.trials)


class _Pruning(TrainerCallback):
    """Tells the study the figure of each evaluation, and ends the training when the study gives it up."""

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
