"""RunCallbacks: new epochs, the best weights, early stopping, and Ctrl-C that ends after the step."""

import math
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from vitxplain.interrupts import handled, interrupt
from vitxplain.processes import in_any_process, main_process
from vitxplain.train.loop.data_feed import TrainingFeed
from vitxplain.train.records.metrics_file import Row, is_best, rank, rows

INTERRUPT_NOTE = "\nfinishing the step, then writing a checkpoint; press Ctrl-C again to stop now"


class RunCallbacks(TrainerCallback):
    """`keep_best` is called when the weights are the best so far, `record` after every line of the history.

    `patience` is how many evaluations without a better one end the training; 0: none do. It is counted in the history,
    which a checkpoint holds.
    """

    def __init__(
        self,
        feed: TrainingFeed,
        *,
        patience: int,
        keep_best: Callable[[], None],
        record: Callable[[TrainerState], None],
    ) -> None:
        self.feed, self.patience, self.keep_best, self.record = feed, patience, keep_best, record
        self.interrupted, self.signal = False, int(signal.SIGINT)

    def on_epoch_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **others: Any
    ) -> None:
        steps = math.ceil(len(others["train_dataloader"]) / args.gradient_accumulation_steps)
        epoch = state.global_step // steps
        self.feed.begin(epoch, min(1.0, epoch * steps / state.max_steps))

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **others: Any) -> None:
        self.interrupted = in_any_process(self.interrupted)
        if self.interrupted:
            control.should_save = control.should_training_stop = True
        if control.should_save or control.should_evaluate:
            control.should_log = True  # a checkpoint holds no half-counted means

    def on_evaluate(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **others: Any) -> None:
        history, figure = rows(state.log_history), str(args.metric_for_best_model)
        if is_best(history, figure):
            self.keep_best()
            state.best_global_step = state.global_step  # of equal accuracies, of which the Trainer keeps the first, too
        if 0 < self.patience <= _evaluations_without_better(history, figure):
            control.should_save = control.should_training_stop = True

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **others: Any) -> None:
        self.record(state)

    @contextmanager
    def until_interrupted(self) -> Iterator[None]:
        """The first Ctrl-C (or SIGTERM: clusters end jobs with it) is obeyed after the step; the second at once."""

        def handle(number: int, _frame: FrameType | None) -> None:
            if self.interrupted:
                raise interrupt(number)
            self.interrupted, self.signal = True, number
            if main_process():
                with suppress(RuntimeError):  # the signal came while something else was being written there
                    print(INTERRUPT_NOTE, file=sys.stderr, flush=True)  # noqa: T201 - Ctrl-C is answered at once

        with handled(handle):
            yield


def _evaluations_without_better(history: list[Row], figure: str) -> int:
    """The evaluations since the figure was at its best for the first time; a tie is not better."""
    figures = [rank(row, figure)[0] for row in history if row.split == "validation"]
    return len(figures) - 1 - figures.index(max(figures))
