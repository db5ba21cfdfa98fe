"""One forward pass, and at most one backward, for any number of methods; of a second view another one."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from vitxplain.capture.attention_tap import AttentionTap
from vitxplain.capture.layer_tap import layer_tap
from vitxplain.capture.saved_apart import saved_apart
from vitxplain.capture.sound_graph import graph_start
from vitxplain.capture.undisturbed import ready, undisturbed
from vitxplain.errors import CaptureError
from vitxplain.explainers.base import (
    SHARING,
    AttentionExplainer,
    DecoderExplainer,
    Explainer,
    LayerExplainer,
    lies_on_image,
)
from vitxplain.explainers.passes.artefacts import artefacts, stream_layer
from vitxplain.explainers.passes.collector import Collector
from vitxplain.explainers.passes.fit import probe_for, require, require_classes_apart
from vitxplain.explainers.passes.layer_activation import joined as as_one_layer
from vitxplain.explainers.passes.layer_activation import layer_activation, layers_of, tensor_of
from vitxplain.explainers.passes.padding import on_part
from vitxplain.explainers.passes.pass_result import PassResult, joined_results
from vitxplain.explainers.passes.plugin_failure import attributed, checked, plugin_errors
from vitxplain.explainers.passes.second_view import both_views, second_view
from vitxplain.explainers.passes.side_by_side import side_by_side
from vitxplain.grid import TokenGrid
from vitxplain.models.labels import names_of
from vitxplain.models.offers import GRADIENTS
from vitxplain.models.plain_pass import plain_pass_on_failure
from vitxplain.models.views.view import View
from vitxplain.tasks.base import Settled, Target, TargetLike
from vitxplain.tasks.finder import Wanted
from vitxplain.tasks.leaves import detached, in_fp32
from vitxplain.types import PixelValues

if TYPE_CHECKING:
    from vitxplain.models.probing.probe import Probe
    from vitxplain.models.vision_model import VisionModel

PIXELS_AT_ONCE = 2**19  # two images of 512 px, ten of 224 px


@torch.inference_mode(False)  # the caller may be in it; gradients and kept tensors must not be
def shared_pass(
    model: "VisionModel",
    pixel_values: PixelValues,
    explainers: Sequence[Explainer],
    target: TargetLike = None,
    *,
    probe: "Probe | None" = None,
) -> PassResult:
    """Run every explainer on the batch: one forward pass, and one backward if any asks for a gradient.

    Methods that look twice (`views`) share a second pass, about the same classes. On a CPU large images pass a few at a
    time. Methods of no shared kind run their own passes. `probe` is the model's at this size, where it is at hand.

    Raises:
        TargetError: the model has no such class.
        UnsupportedModelError: the model lacks what a method needs.
        CaptureError: attention ran unseen, or otherwise than in the probe.
        PluginError: a method of another package failed.
        ModelLoadError: the model itself fails on this input.
    """
    pixel_values = ready(pixel_values).to(model.device, non_blocking=model.device.type == "cuda").to(model.dtype)
    size = pixel_values.shape[-2], pixel_values.shape[-1]
    probe = on_part(probe or probe_for(model, explainers, size, pixel_values), model.part)
    require(model, explainers, size, probe=probe)
    target = model.task.target(target, names_of(model.labels, probe.num_labels))
    if isinstance(target, Wanted) and not any(explainer.class_specific for explainer in explainers):
        target = target.unneeded()
    if probe.passes is not None:
        outputs, maps = side_by_side(model, pixel_values, explainers, target, probe.passes, _maps)
        settled, passes = target.settle(outputs), probe.passes
        further = [side_by_side(model, pixel_values, explainers, one, passes, _maps)[1] for one in settled.rounds[1:]]
        return PassResult(outputs, [maps, *further], settled)
    parts = [
        _views(model, images, explainers, target_of_part, probe)
        for images, target_of_part in _batches(model, pixel_values, target)
    ]
    return parts[0] if len(parts) == 1 else joined_results(parts, target)


def _maps(
    model: "VisionModel", pixel_values: PixelValues, explainers: Sequence[Explainer], target: Target
) -> list[Tensor]:
    return shared_pass(model, pixel_values, explainers, target).maps


def _batches(model: "VisionModel", pixel_values: PixelValues, target: Target) -> Iterable[tuple[PixelValues, Target]]:
    """The images that pass together, with their targets: all of them, but for large ones on a CPU.

    A processor gains nothing from a batch that fills its cores anyway, and loses by tensors beyond its caches and its
    allocator's reuse: ViT-B/16's gradient-attention of eight images of 512 px took 1.3 times as long at once. Weights
    that travel to the device layer by layer should travel once, and an exported graph has a batch of any size.
    """
    offloaded = getattr(model.module, "hf_device_map", None)
    if model.device.type != "cpu" or offloaded or torch.compiler.is_compiling():
        return [(pixel_values, target)]
    count = max(1, PIXELS_AT_ONCE // pixel_values[0, 0].numel())
    return zip(pixel_values.split(count), target.split(len(pixel_values), count), strict=True)


def _views(
    model: "VisionModel",
    pixel_values: PixelValues,
    explainers: Sequence[Explainer],
    target: Target,
    probe: "Probe",
) -> PassResult:
    """One pass, and another of the second view for the methods with two: about the target of the first."""
    result = _pass(model, pixel_values, explainers, target, probe)
    twofold = [e for e in explainers if isinstance(e, AttentionExplainer) and e.views > 1]
    if not twofold or probe.grid is None:
        return result
    rounds = tuple(one.fixed(result.outputs) for one in result.settled.rounds)
    other = _pass(model, second_view(pixel_values, probe.grid), twofold, replace(result.settled, rounds=rounds), probe)
    maps = [
        _both(explainers, of_first, dict(zip(twofold, of_second, strict=True)))
        for of_first, of_second in zip(result.rounds, other.rounds, strict=True)
    ]
    return replace(result, rounds=maps)


def _both(explainers: Sequence[Explainer], maps: Sequence[Tensor], second: Mapping[Explainer, Tensor]) -> list[Tensor]:
    """The mean of both views for each method that looks twice."""
    pairs = zip(explainers, maps, strict=True)
    return [both_views(first, second[explainer]) if explainer in second else first for explainer, first in pairs]


def _pass(
    model: "VisionModel",
    pixel_values: PixelValues,
    explainers: Sequence[Explainer],
    target: Target | Settled,
    probe: "Probe",
) -> PassResult:
    watching = [e for e in explainers if isinstance(e, (AttentionExplainer, DecoderExplainer))]
    collector = Collector(probe.layouts, watching, probe.decoder.calls if probe.decoder is not None else ())
    layers = {e: layers_of(e, probe) for e in explainers if isinstance(e, LayerExplainer)}
    names = dict.fromkeys(chain.from_iterable(layers.values()))
    by_gradient = any(GRADIENTS in e.needs for e in layers)
    with undisturbed(model.module), saved_apart(needed=probe.writes_over):
        with ExitStack() as taps:
            taps.enter_context(plain_pass_on_failure(model, pixel_values))
            stream = stream_layer(explainers, probe)
            in_stream = taps.enter_context(layer_tap(model.module, [stream] if stream else [], differentiable=False))
            begin = taps.enter_context(graph_start())
            layer_outputs = taps.enter_context(
                layer_tap(model.module, names, differentiable=by_gradient, keep=[pixel_values], begin=begin)
            )
            tap = AttentionTap(model.module, collector, starts_apart=collector.follows_decoder, begin=begin)
            if collector.explainers:
                taps.enter_context(tap)
            outputs = model.outputs(pixel_values)
        tensors = {(e, layer): tensor_of(layer, e, layer_outputs, probe) for e in layers for layer in layers[e]}
        towards = [tensor for tensor in tensors.values() if tensor is not None] if by_gradient else []
        towards += tap.starts if by_gradient or collector.wants_gradients else []
        with torch.autocast(model.device.type, enabled=False):
            settled = target if isinstance(target, Settled) else target.settle(in_fp32(outputs))
        require_classes_apart(settled, watching)
        in_pass: list[dict[Explainer, Tensor]] = []
        for number, of_round in enumerate(settled.rounds):
            last = number + 1 == len(settled.rounds)
            with torch.autocast(model.device.type, enabled=False):
                score = of_round.score(in_fp32(outputs)).sum()  # a sum: images do not mix
                gradients = _gradients(score, towards, keep_graph=not last)
            with torch.no_grad(), torch.autocast(model.device.type, enabled=False):
                results = collector.combine(of_round.grids(probe.grid or TokenGrid(1, 1)), of_round.decoder_queries())
                for explainer in layers:
                    activations = []
                    for layer in layers[explainer]:
                        tensor = tensors[explainer, layer]
                        gradient = gradients.get(tensor) if tensor is not None else None
                        activations.append(
                            layer_activation(model, probe, layer, explainer, tensor, gradient, of_round, outputs)
                        )
                    results[explainer] = attributed(explainer, as_one_layer(activations), probe.input_size)
            in_pass.append(results)
            collector.forget_gradients()
    rounds: list[list[Tensor]] = []
    for of_round, results in zip(settled.rounds, in_pass, strict=True):
        _run_others(model, pixel_values, explainers, of_round, results, in_pass[0])
        rounds.append([checked(one, results[one], pixel_values.shape[0], probe) for one in explainers])
    if probe.view is not None:
        view = probe.view
        rounds = [[_put_back(view, *pair) for pair in zip(explainers, maps, strict=True)] for maps in rounds]
    return PassResult(detached(outputs), rounds, settled, _artefacts(in_stream.get(stream or ""), probe))


def _artefacts(tokens: Tensor | None, probe: "Probe") -> Tensor | None:
    layout = probe.maps.layout(tuple(tokens.shape)) if tokens is not None else None
    return artefacts(layout.to_map(tokens)) if tokens is not None and layout is not None else None


def _run_others(
    model: "VisionModel",
    pixel_values: PixelValues,
    explainers: Sequence[Explainer],
    target: Target,
    results: dict[Explainer, Any],
    first: Mapping[Explainer, Any],
) -> None:
    """Add the results of methods that run passes of their own; those about no target stay as `first` has them."""
    for other in explainers:
        if other in first and not other.class_specific:
            results[other] = first[other]
        elif other not in results:
            with plugin_errors(other):
                results[other] = other.explain(model, pixel_values, target)


def _put_back(view: View, explainer: Explainer, values: Tensor) -> Tensor:
    """A map as the image lies outside the network; methods that run their own passes say it so already."""
    if not (isinstance(explainer, SHARING) and lies_on_image(explainer.axes)):
        return values
    return view.put_back(values, view.grid((values.shape[-2], values.shape[-1])))


def _gradients(score: Tensor, towards: Iterable[Tensor], *, keep_graph: bool = False) -> dict[Tensor, Tensor | None]:
    """In one backward pass, towards captured tensors only: no parameter's gradient is ever computed.

    None for a tensor that the score does not depend on.

    Raises:
        CaptureError: the graph that began in a layer does not reach the logits.
    """
    tensors = list(dict.fromkeys(towards))
    if not tensors:
        return {}
    if not score.requires_grad:
        raise CaptureError(
            "no gradient of the logits reaches the layer: the model runs what comes after it under torch.no_grad, or "
            "detaches it; name a later layer, or take that out of the model."
        )
    gradients = torch.autograd.grad(score, tensors, allow_unused=True, retain_graph=keep_graph)
    return dict(zip(tensors, gradients, strict=True))
