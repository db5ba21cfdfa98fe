"""compare: one figure of images, models, methods and targets."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from vitxplain.comparison.arrange import check_layout, grid_of
from vitxplain.comparison.comparison import IMAGES, METHODS, MODELS, TARGETS, compared
from vitxplain.comparison.entries import (
    RANDOM_WEIGHTS,
    Entry,
    image_entries,
    method_entries,
    model_entries,
    picture_of,
    target_entries,
)
from vitxplain.comparison.names import with_names
from vitxplain.errors import UnknownNameError
from vitxplain.explainers.passes.choose import MethodLike
from vitxplain.metrics.controls import CONTROLS
from vitxplain.models.opened import ModelLike, model_for
from vitxplain.models.processors.batches import BATCH_SIZE
from vitxplain.models.vision_model import VisionModel
from vitxplain.render.figure import Picture
from vitxplain.render.sheets.grid_sheet import grid_sheet
from vitxplain.suggest import did_you_mean, similar_names


def compare(
    images: Any,
    models: ModelLike | Sequence[ModelLike],
    methods: MethodLike | Iterable[MethodLike] = "auto",
    targets: Any = None,
    *,
    rows: str | Sequence[str] | None = None,
    shared_scale: bool = False,
    controls: bool | str | Sequence[str] = (),
    title: str | None = None,
    names: Mapping[str, str] | None = None,
    width: float | str | None = None,
    batch_size: int = BATCH_SIZE,
    min_score: float | None = None,
    **options: Any,
) -> Picture:
    """One figure of every image, model, method and target: what varies is rows and columns, each with its name.

    A map that cannot be made is a cell that says why. Methods and targets of an image share passes, as in
    `explain_together`; one model is open at a time.

    Args:
        images: one or several, as `explain` takes them; or samples of data, a data set even, whose truth is outlined.
        models: one or several, as `explain` takes them.
        methods: one or several names, or Explainers, of one kind also with other options.
        targets: one or several, as `explain` takes them; None is each model's own choice.
        rows: which of "images", "models", "methods" and "targets" are rows; the others are columns. None: images, then
            models, are rows, and methods, then targets, columns.
        shared_scale: one scale of colours for all maps of a method; else each map's highest value is brightest.
        controls: maps to hold the others against: "centre", "edges", "smoothed edges" and "random" know nothing of the
            model, "random-weights" is each model with its weights in another order. True is "centre".
        title: in place of the first line; empty, both lines above the grid are left to your caption.
        names: what things are called in the figure, by what they are called without it: {"grad-cam": "Grad-CAM"}.
        width: of the figure, in inches, or "column" (3.25) or "page" (6.75). Cells shrink or grow, letters stay at 6
            points or more, names are broken or shortened. None: as wide as the cells need.
        batch_size: how many images run through a model together.
        min_score: from which score on what a model finds counts as found.
        options: of the methods.

    Returns:
        A matplotlib Figure, which notebooks show and `savefig` writes.

    Raises:
        UsageError: nothing to compare, or no such method, control, side, or thing to name.
        OptionError: no such width, or more columns than have room for letters in it.
        VitxplainError: no map could be made at all; the first reason.
    """
    entries = with_names(entries_of(images, models, methods, targets, controls), names or {})
    sides = [rows] if isinstance(rows, str) else rows
    check_layout(entries, sides, width)
    pictures = [picture_of(entry) for entry in entries[IMAGES]]

    def open_model(model: Any) -> VisionModel:
        return model_for(model, pictures).finding_from(min_score)

    comparison = compared(entries, open_model, options, batch_size=batch_size)
    return grid_sheet(grid_of(comparison, rows=sides, shared_scale=shared_scale, title=title), width)


def entries_of(
    images: Any, models: Any, methods: Any, targets: Any, controls: bool | str | Sequence[str] = ()
) -> dict[str, list[Entry]]:
    """What is compared, by side.

    Raises:
        UsageError: a side is empty, or there is no such method or control.
    """
    names = ["centre"] if controls is True else [controls] if isinstance(controls, str) else list(controls or ())
    offered = [*CONTROLS, RANDOM_WEIGHTS]
    for name in names:
        if name not in offered:
            hint = did_you_mean(similar_names(name, offered, most=1), f"there are {', '.join(offered)}.")
            raise UnknownNameError(f"there is no control {name!r}; {hint}")
    return {
        IMAGES: image_entries(images),
        MODELS: model_entries(models, random=RANDOM_WEIGHTS in names),
        METHODS: method_entries(methods, [name for name in names if name != RANDOM_WEIGHTS]),
        TARGETS: target_entries(targets),
    }
