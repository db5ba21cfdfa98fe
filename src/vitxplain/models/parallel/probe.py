"""The probe of any model: one network as it is, or several passes side by side, each probed by itself."""

import inspect
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from vitxplain.models import offers
from vitxplain.models.parallel.combination import combination_of
from vitxplain.models.parallel.passes import AllOutputs, ImageArgument, ParallelPass, Passes
from vitxplain.models.probing import probe as probing
from vitxplain.models.probing.observe import noise
from vitxplain.models.probing.probe import Probe
from vitxplain.models.processors.processor import Processor
from vitxplain.models.processors.simple_processor import statistics
from vitxplain.models.views.image_calls import ImageCall
from vitxplain.models.views.view import View
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.classification import Classification
from vitxplain.types import PixelValues


@torch.inference_mode(False)  # the caller may be in it; a graph is wanted here
def probe(
    model: VisionModel, size: tuple[int, int], images: PixelValues | None = None, *, placed: bool = True
) -> Probe:
    """What a model is at an input size (height, width), by watching it run on noise, and last on the user's `images`.

    Networks that run side by side within it, or one that runs several times, are found by which of its modules take
    the image or a view of it. Each is probed by itself; a method fits the whole where it fits all of them.
    Unless `placed`, how feature maps lie need not be looked at, of one network.
    """
    plain = probing.probe(model, size, images, placed=placed)
    calls = plain.image_calls
    views = [view for call in calls for view in call.views]
    if not views or (len(views) == 1 and _is_ordinary(plain, calls[0], views[0])):
        return plain
    if not plain.is_placed:
        return probe(model, size, images)
    if any(call.shuffled for call in calls):
        return _refused(plain, f"its own code moves the pixels of the image about before {_names(calls)} takes them")
    if len(views) == 1 and calls[0].shapes != ((1, plain.num_labels),):
        return replace(plain, view=views[0])
    if len(views) > 1 and not _run_apart(plain, calls):
        return _merged(plain, [call for call in calls if call.reached])
    return _of_passes(model, size, plain, calls)


def _is_ordinary(plain: Probe, call: ImageCall, view: View | None) -> bool:
    """Whether a map needs nothing put back: of the whole image, or of one that was padded to whole patches."""
    cells = plain.cam_grid or (None if plain.grid is None else (plain.grid.rows, plain.grid.columns))
    return not call.shuffled and (view is None or view.is_whole or view.is_padded_to(cells))


def _run_apart(plain: Probe, calls: Sequence[ImageCall]) -> bool:
    """Whether what methods look at lies within what takes the image: else that is stems, and one network follows."""
    layers = [layout.path for layout in plain.layouts if layout.kind not in ("unused", "other")]
    layers += [plain.cam_layer] if plain.cam_layer is not None else []
    within = [any(layer == call.path or layer.startswith(f"{call.path}.") for call in calls) for layer in layers]
    return any(within) or not layers


def _merged(plain: Probe, calls: Sequence[ImageCall]) -> Probe:
    """One network after several stems: they may look in one way, or at parts, but not mirrored and plain at once."""
    clear = [view for call in calls for view in call.views if view is not None]
    mirrored = [view.is_mirrored for view in clear]
    if any(mirrored) and not all(view == clear[0] for view in clear):
        return _refused(plain, f"it mixes what {_names(calls)} make of the image and of its mirror image")
    return replace(plain, view=clear[0]) if any(mirrored) else plain


def _of_passes(model: VisionModel, size: tuple[int, int], plain: Probe, calls: Sequence[ImageCall]) -> Probe:
    for call in calls:
        if None in call.views:
            return _refused(plain, f"it cannot be told which part of the image {call.path} takes")
        if any(isinstance(value, Tensor) for value in call.arguments.values()):
            return _refused(plain, f"{call.path}, which runs several times, takes more than the image")
    scored = all(call.shapes == ((len(call.views), plain.num_labels),) for call in calls)
    passes = _passes(model, calls, weighted=scored)
    linear = False
    if scored:
        combination = combination_of(model, passes, noise(model, size)[:1])
        if combination is None:
            scored = False
        else:
            linear = combination.of_logits
            weights = zip(passes.passes, combination.weights, strict=True)
            counting = tuple(replace(member, weight=weight) for member, weight in weights if weight)
            passes = replace(passes, passes=counting)
    if not scored:
        calls = [call for call in calls if call.reached]
        passes = _passes(model, calls, weighted=False)
    if not passes.passes:
        return _refused(plain, f"its output does not depend on {_names(calls)}")
    return _probe_of(plain, passes, linear=linear)


def _passes(model: VisionModel, calls: Sequence[ImageCall], *, weighted: bool) -> Passes:
    models: dict[str, VisionModel] = {}
    for call in calls:
        module = model.module.get_submodule(call.path)
        inputs = _arguments(module, call)
        models.setdefault(
            call.path,
            VisionModel(
                module,
                f"{call.path} of {model.source}",
                _as_it_is(call, model.processor.input_size),
                model.labels,
                Classification(ends_in=call.ends_in) if weighted else AllOutputs(),
                inputs=inputs,
                device=model.device,
                dtype=model.dtype,
            ),
        )
    members = [
        ParallelPass(call.path, call.number, row, view, models[call.path])
        for call in calls
        for row, view in enumerate(call.views)
        if view is not None
    ]
    return Passes(tuple(members), weighted)


def _as_it_is(call: ImageCall, size: tuple[int, int]) -> Processor:
    """What takes pixels as they are, in as many channels as the network within is given."""
    return statistics((0.0,) * call.channels, (1.0,) * call.channels, size)


def _arguments(module: nn.Module, call: ImageCall) -> ImageArgument | None:
    """The other arguments of a call, all by name; None where there are none."""
    if not call.arguments and call.keyword is None:
        return None
    names = list(inspect.signature(module.forward).parameters)
    others = {
        names[int(name[1:]) + 1] if name.startswith("*") else name: value for name, value in call.arguments.items()
    }
    return ImageArgument(call.keyword or names[0], others)


def _probe_of(plain: Probe, passes: Passes, *, linear: bool) -> Probe:
    """What passes have in common; grids are the finest of theirs."""
    probes = [member.model.probe(member.view.size) for member in passes.passes]
    missing = {word: why for word, why in plain.missing.items() if word == offers.POSITION_EMBEDDINGS}
    for member, inner in zip(passes.passes, probes, strict=True):
        for word, why in inner.missing.items():
            if word == offers.POSITION_EMBEDDINGS:
                continue  # a fact of the whole, whatever runs when
            missing.setdefault(word, f"{member.path}, which runs side by side with others, lacks it: {why}")
    if not linear:
        missing[offers.LINEAR_HEAD] = (
            f"the logits are no weighted sum of those of {' and '.join(passes.paths)}; use grad-cam"
        )
    first = probes[0]
    several = len(passes.paths) > 1
    if several:
        missing[offers.POSITION_EMBEDDINGS] = f"it holds several networks ({', '.join(passes.paths)})"
    finest = max(probes, key=lambda inner: inner.grid.num_patches if inner.grid is not None else 0)
    maps = [inner.cam_grid for inner in probes if inner.cam_grid is not None]
    words = plain.offers | plain.missing.keys()
    layer = f"{passes.passes[0].path}.{first.cam_layer}" if first.cam_layer is not None else None
    return replace(
        plain,
        grid=finest.grid,
        layouts=first.layouts,
        offers=frozenset(words - missing.keys()),
        missing=missing,
        isotropic=all(inner.isotropic for inner in probes),
        silent=False,
        cam_layer=layer,
        cam_branches=(),
        cam_names=frozenset(),
        cam_grid=max(maps, default=None),
        head_weight=None,
        position_embeddings=None if several else plain.position_embeddings,
        passes=passes,
        view=None,
    )


def _refused(plain: Probe, why: str) -> Probe:
    """A model of which no map can be given."""
    words = {word for word in plain.offers | plain.missing.keys() if word != offers.POSITION_EMBEDDINGS}
    missing = {**plain.missing, **dict.fromkeys(words, f"{why}; explain that part of it by itself")}
    return replace(plain, offers=plain.offers - words, missing=missing, isotropic=False, cam_layer=None, silent=False)


def _names(calls: Sequence[ImageCall]) -> str:
    return " and ".join(dict.fromkeys(call.path for call in calls))
