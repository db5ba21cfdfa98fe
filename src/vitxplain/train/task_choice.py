"""Which task a training is of: what is typed, else what the model and the data both are for."""

from collections.abc import Mapping
from typing import Any, Final

from vitxplain.data.sample import DataSet
from vitxplain.errors import DataError, UsageError
from vitxplain.models.scratch.kinds import KINDS_OF
from vitxplain.models.task_classes import class_of_task
from vitxplain.models.tasks import task_of_classes
from vitxplain.train.config.run_config import AUTO, SCRATCH
from vitxplain.train.config.task_names import CLASSES, OBJECTS, PIXELS, TASKS, check_task
from vitxplain.train.network.stated_classes import stated_classes, stated_task

_LEARNS: Final = {
    OBJECTS: "a detector learns from objects with boxes",
    PIXELS: "a segmenter learns from maps of classes, or from objects with masks",
}


def choose_task(task: str, model: Any, options: Mapping[str, Any], data: DataSet) -> str:
    """The task; `options` are those of the model.

    Raises:
        UsageError: the model is for one task and the data for another, or the model can be for none that is typed.
        DataError: the data do not say what the task learns from.
    """
    check_task(task)
    own, others = _tasks_of_scratch(options) if model == SCRATCH else _tasks_of(model)
    if task == AUTO:
        fitting = [one for one in (own, *others) if one in _tasks_of_data(data)]
        if own is None or own == CLASSES:
            return CLASSES
        task = fitting[0] if fitting else own
    elif task != own and task not in others and (own is not None or task != CLASSES):
        what = f"a model for {own}" if own else "no model that transformers has for that"
        raise UsageError(
            f"{model} is {what}, and cannot be trained for {task}; give a model for {task}, such as those of "
            f"https://huggingface.co/models?pipeline_tag={task}."
        )
    if task != CLASSES and task not in _tasks_of_data(data):
        raise DataError(
            f"{data.name} does not say where objects are, and {_LEARNS[task]}: give data in COCO's format, "
            f"Pascal VOC's, {'or' if task == OBJECTS else 'a folder of maps or'} scenes."
        )
    return task


def _tasks_of(model: Any) -> tuple[str | None, tuple[str, ...]]:
    """What a model is for, None where its files do not say; and what its weights can be lent to."""
    names, kind = stated_classes(model)
    own = task_of_classes(names) or (CLASSES if names else stated_task(model))
    return own, tuple(one for one in TASKS if kind and one != own and class_of_task(kind, one))


def _tasks_of_scratch(options: Mapping[str, Any]) -> tuple[str | None, tuple[str, ...]]:
    if "kind" not in options:
        return CLASSES, TASKS
    return next((task for task, kinds in KINDS_OF.items() if options["kind"] in kinds), None), ()


def _tasks_of_data(data: DataSet) -> tuple[str, ...]:
    """The tasks that the data tell enough for."""
    objects = (OBJECTS,) if data.object_labels else ()
    pixels = (PIXELS,) if data.map_labels or data.object_labels else ()
    return (CLASSES, *objects, *pixels)
