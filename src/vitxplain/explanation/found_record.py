"""What was explained and what a model found in an image, as plain values and masks, and back."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from vitxplain.explanation.explanation import Explanation
from vitxplain.files.reading import shortened
from vitxplain.geometry import Box
from vitxplain.tasks.base import PROBABILITY, VALUE, ExplainedTarget, Unit
from vitxplain.tasks.detected import Detected

REGION: Final = "region"  # of the target, a boolean (row, column) of the model's output
MASKS: Final = "masks"  # of what was found, each as `REGION`: (number, row, column)
LONGEST_LABEL: Final = 200  # characters


def target_fields(target: ExplainedTarget | None) -> dict[str, Any] | None:
    """The target but for its region; what a class lacks (label, box, share, another class) is not named."""
    if target is None:
        return None
    fields = {"index": target.index, "name": target.name, target.unit: target.probability}
    other = target_fields(target.against)
    return fields | _told(label=target.label or None, box=target.box, share=target.share, against=other)


def target_of(fields: Mapping[str, Any] | None, masks: Mapping[str, np.ndarray]) -> ExplainedTarget | None:
    """The target whose fields these are.

    Raises:
        LookupError, TypeError, ValueError: fields are missing or of another kind.
    """
    if not fields:
        return None
    unit = unit_of(fields)
    return ExplainedTarget(
        index=int(fields["index"]),
        name=text(fields["name"]),
        probability=number(fields[unit]),
        unit=unit,
        label=_label(fields.get("label", "")),
        box=_box(fields.get("box")),
        share=_share(fields.get("share")),
        against=target_of(fields.get("against"), {}),
        region=masks.get(REGION),
    )


def found_fields(detections: Sequence[Detected]) -> list[dict[str, Any]]:
    """What was found but for masks, best first."""
    return [
        {"name": detected.name, "index": detected.index, "score": detected.score}
        | _told(box=detected.box, share=detected.share, query=detected.query)
        for detected in detections
    ]


def found_of(fields: Sequence[Mapping[str, Any]], masks: Mapping[str, np.ndarray]) -> tuple[Detected, ...]:
    """What was found, of its fields.

    Raises: as `target_of`.
    """
    of_each: Sequence[np.ndarray | None] = list(masks[MASKS]) if MASKS in masks else [None] * len(fields)
    if len(of_each) != len(fields):
        raise ValueError(f"it tells of {len(fields)} things that were found, and its npz has masks of {len(of_each)}")
    return tuple(
        Detected(
            index=int(facts["index"]),
            name=text(facts["name"]),
            score=number(facts["score"]),
            box=_box(facts.get("box")),
            share=_share(facts.get("share")),
            query=None if facts.get("query") is None else int(facts["query"]),
            mask=mask,
        )
        for facts, mask in zip(fields, of_each, strict=True)
    )


def masks_of(explanation: Explanation) -> dict[str, Any]:
    """The arrays for the npz: region of the target and masks of what was found, where there are any."""
    region = explanation.target.region if explanation.target else None
    masks = [one.mask for one in explanation.detections if one.mask is not None]
    whole = masks and len(masks) == len(explanation.detections)
    return _told(**{REGION: region, MASKS: np.stack(masks) if whole else None})


def checked_masks(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Those of the arrays of an npz that `masks_of` wrote.

    Raises:
        ValueError: they are no masks.
    """
    masks = {name: arrays[name] for name in (REGION, MASKS) if name in arrays}
    for name, mask in masks.items():
        if mask.dtype != bool or mask.ndim != (2 if name == REGION else 3) or 0 in mask.shape:
            raise ValueError(f"its {name} has shape {mask.shape} and type {mask.dtype}, and is no mask")
    return masks


def number(value: float | None) -> float:
    """A number of JSON, where null is no number."""
    return math.nan if value is None else float(value)


def text(value: Any) -> str:
    """Raises:
    TypeError: it is no text.
    """
    if not isinstance(value, str):
        raise TypeError(f"{shortened(repr(value))} stands where a name is expected")
    return value


def unit_of(fields: Mapping[str, Any]) -> Unit:
    """The name that a number stands under."""
    return VALUE if VALUE in fields else PROBABILITY


def _told(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _label(value: Any) -> str:
    """A part of a file's name, as it was before it was stored."""
    label = text(value)
    if len(label) > LONGEST_LABEL or any(sign in label for sign in "/\\\0"):
        raise ValueError(f"its target is labelled {shortened(repr(label))}, which is no part of a file's name")
    return label


def _box(sides: Any) -> Box | None:
    if sides is None:
        return None
    left, top, right, bottom = (float(side) for side in sides)
    if not (math.isfinite(left + top + right + bottom) and left <= right and top <= bottom):
        raise ValueError(f"its box is {shortened(sides)}, and not left, top, right, bottom in pixels")
    return left, top, right, bottom


def _share(value: Any) -> float | None:
    if value is None:
        return None
    if not 0 <= float(value) <= 1:
        raise ValueError(f"its share of the image is {shortened(value)}, and not from 0 to 1")
    return float(value)
