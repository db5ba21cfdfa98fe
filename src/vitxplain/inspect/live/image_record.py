"""One image through a model into one record."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from torch import Tensor

from vitxplain.capture.undisturbed import ready
from vitxplain.errors import OptionError, UnsupportedModelError
from vitxplain.explainers.passes.choose import MethodLike
from vitxplain.explainers.passes.results import seen_by_tokens
from vitxplain.explanation.explanation import Explanation
from vitxplain.inspect.facts import INPUT_UNIT
from vitxplain.inspect.layer_form import LayerForm
from vitxplain.inspect.layer_tensors import Extent, Precision, Rows, even_distance
from vitxplain.inspect.live.layer_forms import TOO_LARGE, kept_whole, layer_forms
from vitxplain.inspect.live.layer_watcher import LayerWatcher, watched_pass
from vitxplain.inspect.live.said import (
    box_on_picture,
    explanation_maps,
    found_objects,
    method_maps,
    positions,
    prediction,
)
from vitxplain.inspect.picture import STRETCHED, encoded
from vitxplain.inspect.writer import write_record
from vitxplain.models.probing.probe import Probe
from vitxplain.models.processors.batches import Batch, is_stretched
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.base import TargetLike
from vitxplain.words import source_name

FROM_INPUT: Final = "drawn from the model's input"


@dataclass(frozen=True)
class RecordOptions:
    """What is recorded of each image; as in `record`."""

    layers: tuple[int, ...] | None = None
    queries: Rows = "all"
    precision: Precision = "sqrt8"
    methods: tuple[MethodLike, ...] = ()
    target: TargetLike = None
    explanations: tuple[Explanation, ...] = ()  # made already; their maps are laid over the picture as well


def record_image(
    folder: Path, model: VisionModel, batch: Batch, source: Any, name: str, step: int, options: RecordOptions
) -> Path:
    """Write the record of a batch's only image; `source` is the image as it was given.

    Raises:
        UnsupportedModelError: the model has no attention that can be recorded.
        CaptureError: attention ran in a way that cannot be watched.
    """
    probe = model.probe(batch.size, ready(batch.pixel_values))
    forms = _forms(model, probe, options)
    whole = kept_whole(list(forms.values()), options.precision) if options.queries == "all" else set()
    if options.queries == "all":
        forms = {call: form if form.number in whole else _noted(form) for call, form in forms.items()}
    extent = _extent(probe)
    watcher = LayerWatcher(probe.layouts, forms, whole, options.precision, extent)
    outputs = watched_pass(model, ready(batch.pixel_values), watcher)
    image, geometry = batch.images[0], seen_by_tokens(batch.geometries[0], probe)
    picture = encoded(image, _said(model, batch, source))
    scale = picture.width / image.width
    layers = watcher.layers
    grids = [layer.form.keys for layer in layers if layer.form.keys.grid is not None]
    similarity = positions(model, probe, grids[-1].grid if grids else None)
    others: dict[str, np.ndarray] = {} if similarity is None else {"positions": similarity}
    return write_record(
        folder,
        name,
        step,
        picture,
        layers,
        maps=[
            *explanation_maps(options.explanations, scale),
            *method_maps(model, source, options.methods, options.target, scale),
        ],
        others=others,
        model=source_name(model.source),
        task=model.task.name,
        seen_box=box_on_picture(geometry, scale),
        prediction=[] if model.task.finds else prediction(model, outputs),
        found=found_objects(model, probe, outputs, batch.geometries[0], scale),
        positions=similarity is not None,
        even_distance=even_distance(grids[-1], extent) if grids else None,
        distance_unit=INPUT_UNIT,
    )


def check_recordable(model: VisionModel) -> None:
    """Raises:
    UnsupportedModelError: the model has no attention that can be recorded.
    """
    _forms(model, model.probe(), RecordOptions())


def _forms(model: VisionModel, probe: Probe, options: RecordOptions) -> dict[int, LayerForm]:
    """The layers to be recorded, by the numbers of their calls."""
    if probe.passes is not None:
        names = " and ".join(probe.passes.paths)
        raise UnsupportedModelError(
            f"{source_name(model.source)} runs {names} several times or side by side, whose layers do not "
            "add up to one row; record one of them by itself."
        )
    turned = probe.view is not None and not probe.view.is_whole
    forms = layer_forms(probe.layouts, turned=turned)
    if not forms:
        why = probe.missing.get("attention_maps", "it makes no attention call that can be watched")
        raise UnsupportedModelError(
            f"{source_name(model.source)} has no attention to record: {why}.\n"
            "  `vitx methods` says what explains it otherwise."
        )
    if options.layers is None:
        return forms
    count = len(forms)
    wrong = [number for number in options.layers if not -count <= number < count]
    if wrong:
        raise OptionError(f"layers has {wrong[0]}; the model has {count} layers with attention, 0 to {count - 1}.")
    chosen = {number % count for number in options.layers}
    return {call: form for call, form in forms.items() if form.number in chosen}


def _extent(probe: Probe) -> Extent:
    """(height, width), in pixels of the model's input, of what the tokens cover."""
    grid = probe.grid
    if grid is None:
        return float(probe.input_size[0]), float(probe.input_size[1])
    return float(grid.rows * grid.patch_size[0]), float(grid.columns * grid.patch_size[1])


def _noted(form: LayerForm) -> LayerForm:
    return replace(form, note=f"{form.note} {TOO_LARGE}".strip())


def _said(model: VisionModel, batch: Batch, source: Any) -> str:
    """What is to be said of a picture that is no photograph."""
    if batch.bands[0] is not None:
        return "drawn of the bands of the image" if not isinstance(source, Tensor) else FROM_INPUT
    if not isinstance(source, Tensor):
        return ""
    stretched = is_stretched(model.processor, batch.pixel_values[0])
    return f"{FROM_INPUT}; {STRETCHED}, for want of mean= and std=" if stretched else FROM_INPUT


def image_names(sources: Sequence[str], used: set[str]) -> list[str]:
    """A name for each image, none twice; those of one stem are numbered, as files are: cat, cat-2."""
    names = []
    for stem in sources:
        name, number = stem, 1
        while name in used:
            number += 1
            name = f"{stem}-{number}"
        used.add(name)
        names.append(name)
    return names
