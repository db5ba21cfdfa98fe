"""What `--target` asks for, in the words of the API."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vitxplain.data.target_mask import with_masks_read
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.features import Features
from vitxplain.tasks.spelled_targets import targets_of
from vitxplain.tasks.spelling import EVERYTHING, Spelling


@dataclass(frozen=True)
class Wanted:
    """A target as the API takes it; `label` names its files where explanations say nothing of it."""

    spelling: Any
    label: str = ""


def targets(model: VisionModel, typed: Sequence[str], top_k: int) -> list[Wanted]:
    """The targets of each image; none for the model's own choice of one.

    Raises:
        TargetError: one is none that could be.
        ImageError: a mask cannot be read.
    """
    if model.task.finds:
        spellings = with_masks_read(list(typed)) or [Spelling(EVERYTHING, everything=True, most=top_k)]
        targets_of(model.task, spellings, model.labels, single=True)
        return [Wanted(spelling) for spelling in spellings]
    for text in typed:
        model.task.target(text, model.labels).check(1)
    distinct = list(dict.fromkeys(typed))
    by_token = isinstance(model.task, Features)
    return [Wanted(text, text if by_token else "") for text in distinct]


def of_images(wanted: Sequence[Wanted], model: VisionModel, count: int) -> Any:
    """The targets as `explain_together` takes them for so many images."""
    spellings = [target.spelling for target in wanted]
    if len(spellings) > 1 or model.task.finds:
        return [spellings] * count
    return spellings[0] if spellings else None
