"""From the tensors of one pass to explanations, one an image and method."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vitxplain import registry
from vitxplain.data.bands import shown_bands
from vitxplain.errors import VitxplainError
from vitxplain.explainers.base import Explainer, LayerExplainer, lies_on_image
from vitxplain.explainers.passes.artefacts import note, shows_what_tokens_hold
from vitxplain.explainers.passes.layer_activation import layers_of, name_of
from vitxplain.explainers.passes.pass_result import PassResult
from vitxplain.explainers.query import asking_box
from vitxplain.explanation.explanation import ASKING, NEVER_NEGATIVE, NOTES, Explanation
from vitxplain.explanation.provenance import model_facts, versions
from vitxplain.explanation.target_words import label_of, one_side_note
from vitxplain.explanation.zero_map import zero_note
from vitxplain.geometry import Geometry
from vitxplain.models.labels import names_of
from vitxplain.models.offers import GRADIENTS
from vitxplain.models.probing.position_tables import stretched_note
from vitxplain.models.probing.probe import Probe
from vitxplain.models.processors.batches import Batch
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.base import ExplainedTarget
from vitxplain.words import short_name, slug


def explanations(
    model: VisionModel,
    probe: Probe,
    batch: Batch,
    explainers: Mapping[str, Explainer],
    result: PassResult,
    *,
    top_k: int,
    seconds: float,
    spelling: str | None = None,
) -> dict[str, list[list[Explanation]]]:
    """For each method and image of the batch one explanation a target; `seconds` is what the pass took an image.

    `spelling` is that of the token that asks, empty for targets that say themselves what they are, None where nobody
    wanted a target.

    Raises:
        VitxplainError: a method's values, or the model's logits, are not finite.
    """
    of_model = {f"the model's {role}": tensor for role, tensor in result.outputs.items()}
    of_methods = [
        (f"the values of {name}", maps[number]) for number, name in enumerate(explainers) for maps in result.rounds
    ]
    blames = [_blame(explainer) for explainer in explainers.values() for _ in result.rounds]
    _check_finite(model, batch, [*of_model.items(), *of_methods], [*[""] * len(of_model), *blames])
    probabilities = model.task.probabilities(result.outputs)
    labels = names_of(model.labels, model.task.num_labels(probabilities))
    predictions = model.task.predictions(probabilities, labels, top_k)
    described = [
        target.describe(result.outputs, probabilities, labels, model.task.unit) for target in result.settled.rounds
    ]
    files = cache(lambda: Counter(map(_file_name, labels.values())))  # of ten thousands of classes, where one is asked
    targets = [_told_apart([of_round[index] for of_round in described], files) for index in range(len(batch.images))]
    geometries = [seen_by_tokens(geometry, probe) for geometry in batch.geometries]
    facts_of_call = {"versions": versions(), "seconds": round(seconds, 4)}
    pinned = model_facts(model)
    stretched = stretched_note(probe.position_embeddings, probe.grid, batch.size, model.processor.input_size)
    artefacts = None if result.artefacts is None else result.artefacts.cpu()
    made: dict[str, list[list[Explanation]]] = {}
    for number, (name, explainer) in enumerate(explainers.items()):
        values = [maps[number].float().cpu().numpy() for maps in result.rounds]  # once a batch: a GPU is waited for
        common: dict[str, Any] = {
            "axes": explainer.axes.removeprefix("batch "),
            "method": name,
            "options": _options_taken(explainer, probe),
            "grid": probe.grid,
            "task": model.task.name,
        }
        provenance = {"model": pinned, "explainer": repr(explainer), **facts_of_call}
        made[name] = []
        for index, (image, source, bands) in enumerate(zip(batch.images, batch.sources, batch.bands, strict=True)):
            facts = {"input": source, **provenance, **({"bands": shown_bands(bands.count)} if bands else {})}
            if (box := asking_box(explainer, probe, batch.geometries[index])) is not None:
                facts[ASKING] = tuple(round(side, 2) for side in box)
            notes = (stretched,) if stretched else ()
            if artefacts is not None and shows_what_tokens_hold(explainer):
                notes = (*notes, *filter(None, [note(artefacts[index])]))
            made[name].append(
                [
                    Explanation(
                        values=values[k][index].copy(),
                        prediction=predictions[index],
                        target=(target := targets[index][k] if explainer.class_specific else None),
                        label="" if spelling is None else spelling or _label(target, files),
                        geometry=geometries[index],
                        image=image,
                        bands=bands,
                        detections=result.settled.detections_in(index),
                        provenance=facts
                        | _of_map(explainer, target, name, (*notes, *_zero(explainer, probe, values[k][index]))),
                        **common,
                    )
                    for k in range(result.settled.count(index))
                ]
            )
    return made


def _of_map(
    explainer: Explainer, target: ExplainedTarget | None, method: str, notes: tuple[str, ...]
) -> dict[str, Any]:
    """What is noted of a map, and whether by its method's definition it cannot show what speaks against its target."""
    one_sided = target is not None and explainer.never_negative
    if target is not None and one_sided:
        notes = tuple(filter(None, (*notes, one_side_note(target, method))))
    return ({NEVER_NEGATIVE: True} if one_sided else {}) | ({NOTES: notes} if notes else {})


def _zero(explainer: Explainer, probe: Probe, values: np.ndarray) -> tuple[str, ...]:
    """The note of a map that is zero everywhere, where it is."""
    if not lies_on_image(explainer.axes):
        return ()
    layer = default = None
    if isinstance(explainer, LayerExplainer) and GRADIENTS in explainer.needs and not explainer.never_negative:
        layer, default = explainer.layer, probe.cam_layer  # behind a ReLU the gradient need not be why
    return tuple(filter(None, [zero_note(values, layer, default)]))


def _label(target: ExplainedTarget | None, files: Callable[[], Counter[str]]) -> str:
    """What the files of a target that was asked for are named by: a class by its name, of several so called which."""
    if target is None:
        return ""
    name = label_of(target) or short_name(target.name)
    return name if target.label or _is_alone(target, files()) else f"{name}-{target.index}"


def _told_apart(targets: Sequence[ExplainedTarget], files: Callable[[], Counter[str]]) -> list[ExplainedTarget]:
    """The targets of one image: where they are several, classes are labelled by name, or by name and index.

    Regions of the user's that are called alike ("mask", of an array) are numbered.
    """
    if len(targets) == 1:
        return list(targets)
    classes = {(target.index, target.name) for target in targets if target.is_class}
    typed = Counter(_file_name(name) for _, name in classes)
    labelled = [
        replace(
            target,
            label=target.name
            if typed[_file_name(target.name)] == 1 and _is_alone(target, files())
            else f"{target.name}-{target.index}",
        )
        if target.is_class
        else target
        for target in targets
    ]
    return [_numbered(target, [one for one in labelled if one.label == target.label]) for target in labelled]


def _is_alone(target: ExplainedTarget, files: Counter[str]) -> bool:
    """Whether no other class of the model would have files of the same name."""
    return files[_file_name(target.name)] <= 1


def _file_name(name: str) -> str:
    """A class as file systems tell it from others."""
    return slug(short_name(name)).casefold()


def _numbered(target: ExplainedTarget, alike: Sequence[ExplainedTarget]) -> ExplainedTarget:
    """With its place among those of the same label, where their regions are not all the same."""
    regions = list(dict.fromkeys(b"" if one.region is None else one.region.tobytes() for one in alike))
    if len(regions) == 1:
        return target
    own = b"" if target.region is None else target.region.tobytes()
    return replace(target, label=f"{target.label}-{regions.index(own)}")


def seen_by_tokens(geometry: Geometry, probe: Probe) -> Geometry:
    """What a plain ViT's patches cover of the input: all of it where it is a multiple of the patch size."""
    grid = probe.grid
    if grid is None or not probe.isotropic:
        return geometry
    covered = (grid.rows * grid.patch_size[0], grid.columns * grid.patch_size[1])
    rest = any(extent - seen > 0.5 for extent, seen in zip(geometry.input_size, covered, strict=True))
    return geometry.top_left(*covered) if rest else geometry


def _options_taken(explainer: Explainer, probe: Probe) -> dict[str, Any]:
    """The options as they were taken: a layer nobody named is the one the probe found."""
    options = options_of(explainer)
    if isinstance(explainer, LayerExplainer) and explainer.layer is None:
        options["layer"] = name_of(layers_of(explainer, probe)) or None
    return options


def options_of(explainer: Explainer) -> dict[str, Any]:
    """The hyper-parameters, by name."""
    return {field.name: getattr(explainer, field.name) for field in fields(explainer) if field.init}  # type: ignore[arg-type]


def _check_finite(
    model: VisionModel, batch: Batch, named: Sequence[tuple[str, Tensor]], blames: Sequence[str] = ()
) -> None:
    """All at once, since a GPU is waited for each time; only where something is wrong it is looked for.

    `blames` are sentences in place of what is said of the model, empty where that is to be said.
    """
    sound = [torch.isfinite(values).all().to(model.device) for _, values in named]
    if bool(torch.stack(sound).all()):
        return
    for (what, values), blame in zip(named, blames, strict=True):
        for index, row in enumerate(values):
            if not bool(torch.isfinite(row).all()):
                full = model.dtype == torch.float32
                way_out = (
                    "try another image, or a checkpoint trained soundly" if full else 'try dtype="float32" (--dtype)'
                )
                why = blame or f"numbers overflowed on the way; {way_out}"
                raise VitxplainError(
                    f"{what} are not finite for {batch.name_of(index)} with {model.source} in "
                    f"{str(model.dtype).removeprefix('torch.')}: {why}."
                )


def _blame(explainer: Explainer) -> str:
    """Whose fault it is where the model's outputs are finite: that of a method from elsewhere."""
    if type(explainer).__module__.partition(".")[0] == registry.PACKAGE:
        return ""
    kind = type(explainer).__name__
    return f"the model's outputs are finite, so {kind} gave them; look there for a division by zero"


def gathered(
    parts: Sequence[tuple[Batch, dict[str, list[list[Explanation]]]]], count: int
) -> dict[str, list[list[Explanation]]]:
    """The explanations of all batches by method, in the order of the user's images; those of each for its targets."""
    placed: dict[str, dict[int, list[Explanation]]] = {}
    for batch, made in parts:
        for name, items in made.items():
            for position, of_image in zip(batch.positions, items, strict=True):
                placed.setdefault(name, {}).setdefault(position, []).extend(of_image)
    return {name: [items[position] for position in range(count)] for name, items in placed.items()}
