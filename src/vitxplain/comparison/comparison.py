"""Comparison: every map that was asked for, or why there is none, and the figure of them."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, TypeAlias

from vitxplain.comparison.entries import Entry, picture_of, truth_of
from vitxplain.comparison.outcomes import UnfitMethodError, control_map, outcomes_of, with_random_weights
from vitxplain.errors import ImageError, describe
from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.heatmap import Limits, in_words, is_of_image, limits_of, widest
from vitxplain.models.vision_model import VisionModel

IMAGES, MODELS, METHODS, TARGETS = "images", "models", "methods", "targets"
SIDES: Final = (IMAGES, MODELS, METHODS, TARGETS)
Place: TypeAlias = tuple[int, int, int, int]  # of an image, a model, a method and a target
Open: TypeAlias = Callable[[Any], VisionModel]


@dataclass(frozen=True, eq=False)
class Comparison:
    """What is compared by side, and what came of it: an explanation, or the error."""

    entries: Mapping[str, Sequence[Entry]]
    outcomes: Mapping[Place, Explanation | Exception] = field(repr=False)

    @property
    def failures(self) -> dict[Place, Exception]:
        """The cells without a map that should have one."""
        return {position: error for position, error in self.empty.items() if position not in self.unfit}

    @cached_property
    def empty(self) -> dict[Place, Exception]:
        """The cells without a map."""
        return {position: outcome for position, outcome in self.outcomes.items() if isinstance(outcome, Exception)}

    @cached_property
    def unfit(self) -> dict[Place, Exception]:
        """Those whose method does not fit their model, but another one of the models."""
        fitting = {method for (_, _, method, _), made in self.outcomes.items() if isinstance(made, Explanation)}
        return {
            position: error
            for position, error in self.empty.items()
            if isinstance(error, UnfitMethodError) and position[2] in fitting
        }

    def limits(self) -> dict[Place, Limits]:
        """Those of the scale that all maps of a method share."""
        own = {
            position: limits_of(made.values, made.axes, made.geometry, made.method)
            for position, made in self.outcomes.items()
            if isinstance(made, Explanation) and is_of_image(made.axes)
        }
        methods = {position[2] for position in own}
        shared = {method: widest(limits for (_, _, of, _), limits in own.items() if of == method) for method in methods}
        return {position: shared[position[2]] for position in own}

    def words(self, position: Place) -> str:
        """Image, model, method and target of a cell, as far as there are several."""
        parts = [
            entries[number].label
            for entries, number in zip(self.entries.values(), position, strict=True)
            if len(entries) > 1
        ]
        return ", ".join(part for part in parts if part)


def compared(
    entries: Mapping[str, Sequence[Entry]],
    open_model: Open,
    method_options: Mapping[str, Any],
    *,
    text: bool = False,
    advance: Callable[[], object] = lambda: None,
    **options: Any,
) -> Comparison:
    """Everything explained, one model open at a time; `advance` is called after each.

    `options` are those of `explain_together`; `text`: those of the methods are to be parsed.

    Raises:
        VitxplainError: there is no map at all; the first reason.
    """
    outcomes: dict[Place, Explanation | Exception] = {}
    for number in range(len(entries[MODELS])):
        outcomes |= _of_model(entries, number, open_model, method_options, text=text, **options)
        advance()
    _add_controls(entries, outcomes)
    for position, made in outcomes.items():
        if isinstance(made, Explanation) and not is_of_image(made.axes):
            outcomes[position] = ImageError(f"no map of the image: {in_words(made.method, made.axes)}.")
    if all(isinstance(outcome, Exception) for outcome in outcomes.values()):
        raise next(outcome for outcome in outcomes.values() if isinstance(outcome, Exception))
    return Comparison(entries, {position: outcomes[position] for position in sorted(outcomes)})


def _of_model(
    entries: Mapping[str, Sequence[Entry]],
    number: int,
    open_model: Open,
    method_options: Mapping[str, Any],
    *,
    text: bool,
    **options: Any,
) -> dict[Place, Explanation | Exception]:
    entry = entries[MODELS][number]
    images = {position: picture_of(image) for position, image in enumerate(entries[IMAGES])}
    methods = {position: method.value for position, method in enumerate(entries[METHODS]) if not method.control}
    targets = {position: target.value for position, target in enumerate(entries[TARGETS])}
    try:
        model = open_model(entry.value)
        if entry.random:
            model = with_random_weights(model)
        made = outcomes_of(model, images, methods, targets, method_options, text=text, **options)
    except Exception as error:
        made = {(i, k, t): error for i in images for k in methods for t in targets}
    return {(i, number, k, t): outcome for (i, k, t), outcome in made.items()}


def _add_controls(entries: Mapping[str, Sequence[Entry]], outcomes: dict[Place, Explanation | Exception]) -> None:
    """The map of each control, once an image; beside every model and target."""
    for k, method in enumerate(entries[METHODS]):
        if not method.control:
            continue
        for i in range(len(entries[IMAGES])):
            of_image = [outcome for (image, *_), outcome in outcomes.items() if image == i]
            like = next((made for made in of_image if isinstance(made, Explanation)), None)
            outcome = of_image[0] if like is None else control_map(method.value, like)
            for m in range(len(entries[MODELS])):
                outcomes |= {(i, m, k, t): outcome for t in range(len(entries[TARGETS]))}


def reason(error: Exception) -> str:
    """Why there is no map, for a cell: the first sentence."""
    return re.split(r"(?<=[.;?])\s", describe(error), maxsplit=1)[0].rstrip(".;")


def truths(comparison: Comparison) -> list[Any]:
    """What is known of each image."""
    return [truth_of(entry) for entry in comparison.entries[IMAGES]]
