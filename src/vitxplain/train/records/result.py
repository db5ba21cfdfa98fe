"""RunResult: the figures of a finished run; TrainingInterrupted: the error of Ctrl-C."""

import json
import signal
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from vitxplain.escape import utf8


@dataclass(frozen=True)
class RunResult:
    """Figures are of the best weights, as `load_model(folder)` opens them, for each split.

    They are those of the task (of a classifier loss and accuracy, of a detector map and map50, of a segmenter miou and
    pixel_accuracy; None where the split has nothing to tell one from), and how many images and classes there are in it.
    """

    folder: Path
    step: int  # steps done
    best_step: int
    seconds: float  # of training
    metrics: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    classes: int = 0  # that the model knows; 0 in a result of an earlier version
    stopped_early: bool = False
    was_finished: bool = False  # there was nothing left to resume

    def as_json(self) -> dict[str, Any]:
        facts = asdict(self)
        del facts["was_finished"]
        return facts | {"folder": str(self.folder)}

    def as_bytes(self) -> bytes:
        """The file result.json; a run with one is finished."""
        facts = self.as_json()
        del facts["folder"]  # runs may be moved
        return utf8(json.dumps(facts, indent=2) + "\n")


class TrainingInterrupted(KeyboardInterrupt):
    """Ctrl-C or SIGTERM while training; a checkpoint was written after the last step."""

    def __init__(self, folder: Path, step: int, steps: int, number: int = signal.SIGINT) -> None:
        self.number = number
        super().__init__(
            f"interrupted after step {step:,} of {steps:,}; a checkpoint was written. Go on with: "
            f"vitx train --resume --out {folder}"
        )
