"""The events of the Trainer, told to the report of `vitx train`."""

from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from vitxplain.cli.train.report import TrainReport
from vitxplain.train.records.metrics_file import is_best, row_of, rows


class ReportCallback(TrainerCallback):
    """From the Trainer's events to the report."""

    def __init__(self, report: TrainReport) -> None:
        self.report = report

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        if state.is_world_process_zero:
            self.report.stepped(state.global_step, state.max_steps)

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        row = row_of(state.log_history[-1]) if state.is_world_process_zero else None
        if row and row.split == "train":
            self.report.trained(row, state.max_steps)
        elif row:
            history = rows(state.log_history)
            again = sum(one.split == "validation" for one in history) > 1  # the first is the best of one
            self.report.evaluated(row, best=again and is_best(history, str(args.metric_for_best_model)))
