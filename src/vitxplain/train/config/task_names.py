"""The tasks that models are trained for, by transformers' names; imports nothing heavy."""

from typing import Final

from vitxplain.errors import UnknownNameError
from vitxplain.suggest import did_you_mean, similar_names
from vitxplain.train.config.run_config import AUTO

CLASSES: Final = "image-classification"
OBJECTS: Final = "object-detection"
PIXELS: Final = "image-segmentation"
TASKS: Final = (CLASSES, OBJECTS, PIXELS)


def check_task(task: str) -> None:
    """Raises:
    UnknownNameError: neither "auto" nor a task that is trained.
    """
    if task != AUTO and task not in TASKS:
        near = did_you_mean(similar_names(task, TASKS, cutoff=0.4), f"There are {', '.join(TASKS)}.", start="Did")
        raise UnknownNameError(f"no task is called {task!r} that models are trained for. {near}")
