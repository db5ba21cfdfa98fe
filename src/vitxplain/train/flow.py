"""What happens when: epochs begin, logs go with checkpoints, the best weights are kept, Ctrl-C ends after the step."""

import math
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from vitxplain.train.data_feed import TrainingFeed
from vitxplain.train.processes import anywhere


class Flow(TrainerCallback):
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
        self.interrupted = False

    def on_epoch_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **others: Any
    ) -> None:
        steps = math.ceil(len(others["train_dataloader"]) / args.gradient_accumulation_steps)
        epoch = state.global_step // steps
        self.feed.begin(epoch, min(1.0, epoch * steps / state.max_steps))

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **others: Any) -> None:
        self.interrupted = anywhere(self.interrupted)
        if self.interrupted:
            control.should_save = control.should_training_stop = True
        if control.should_save or control.should_evaluate:
            control.should_log = True  # a checkpoint holds no half-counted means

    def on_evaluate(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **others: Any) -> None:
        found, best = others["metrics"][f"eval_{args.metric_for_best_model}"], state.best_metric
        if best is None or (found > best if args.greater_is_better else found < best):
            self.keep_best()
        elif 0 < self.patience <= _evaluations_since(state.best_global_step or 0, state):
            control.should_save = control.should_training_stop = True

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **others: Any) -> None:
        self.record(state)

    @contextmanager
    def until_interrupted(self) -> Iterator[None]:
        """The first Ctrl-C (or SIGTERM: clusters end jobs with it) is obeyed after the step; the second is as ever."""

        def note(number: int, frame: FrameType | None) -> None:
            if self.interrupted:
                signal.default_int_handler(number, frame)
            self.interrupted = True

        if threading.current_thread() is not threading.main_thread():  # no other may set it
            yield
            return
        before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _evaluations_since(step: int, state: TrainerState) -> int:
    return sum("eval_loss" in entry and entry["step"] > step for entry in state.log_history)
