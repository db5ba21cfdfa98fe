"""Explanations of a network of several passes: each pass explained by itself, its map put back, and all added up."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import torch
from torch import Tensor

from vitxplain.capture.sound_graph import SoundBatchNorm
from vitxplain.capture.undisturbed import undisturbed
from vitxplain.errors import CaptureError, OptionError
from vitxplain.explainers.base import SHARING, Explainer, LayerExplainer, lies_on_image
from vitxplain.explainers.passes.plugin_failure import checked, plugin_errors
from vitxplain.models.parallel.passes import GradientTarget, ParallelPass, Passes, SeenCalls, watched_calls
from vitxplain.models.plain_pass import plain_pass_on_failure
from vitxplain.tasks.base import Target, TaskOutputs
from vitxplain.tasks.leaves import detached, in_fp32, joined
from vitxplain.types import PixelValues

if TYPE_CHECKING:
    from vitxplain.models.vision_model import VisionModel

# Maps of some methods of one network: model, images, explainers, target.
MapsOf: TypeAlias = "Callable[[VisionModel, PixelValues, Sequence[Explainer], Target], list[Tensor]]"


def side_by_side(
    model: "VisionModel",
    pixel_values: PixelValues,
    explainers: Sequence[Explainer],
    target: Target,
    passes: Passes,
    maps_of: MapsOf,
) -> tuple[TaskOutputs, list[Tensor]]:
    """What the whole said, and one result a method: the sum over its passes, each times its weight.

    Images run one at a time: how many views of each a network takes at once is its own business. A method that is not
    about a class weighs the passes by their shares. Methods that run their own passes see the whole.

    Raises:
        OptionError: the layer that was named is in one of several networks.
        CaptureError: the networks do not run as they did on the probe's image.
    """
    inner: list[Explainer] = [e for e in explainers if isinstance(e, SHARING)]
    parts = [
        _of_image(model, image, inner, target.select([number]), passes, maps_of)
        for number, image in enumerate(pixel_values.split(1))
    ]
    maps = {e: torch.cat([results[index] for _, results in parts]) for index, e in enumerate(inner)}
    for explainer in explainers:
        if explainer not in maps:
            with plugin_errors(explainer):
                maps[explainer] = checked(explainer, explainer.explain(model, pixel_values, target), len(pixel_values))
    return joined([outputs for outputs, _ in parts]), [maps[explainer] for explainer in explainers]


def _of_image(
    model: "VisionModel",
    image: PixelValues,
    explainers: Sequence[Explainer],
    target: Target,
    passes: Passes,
    maps_of: MapsOf,
) -> tuple[TaskOutputs, list[Tensor]]:
    by_gradient = bool(explainers) and not passes.weighted
    with undisturbed(model.module), plain_pass_on_failure(model, image):
        with SoundBatchNorm(), watched_calls(model.module, passes, leaves=by_gradient) as calls:
            outputs = model.outputs(image)
        fixed = target.fixed(outputs)
        with torch.autocast(model.device.type, enabled=False):
            score = fixed.score(in_fp32(outputs)).sum()
            targets = _gradient_targets(score, passes, calls) if by_gradient else [fixed] * len(passes.passes)
    maps: list[list[Tensor]] = []
    for member, target_of_pass in zip(passes.passes, targets, strict=True):
        view = _image_of(member, calls)
        maps.append(maps_of(member.model, view, [_within(e, passes, member) for e in explainers], target_of_pass))
    results = [
        _sum(explainer, [of_pass[index] for of_pass in maps], passes) for index, explainer in enumerate(explainers)
    ]
    return detached(outputs), results


def _image_of(member: ParallelPass, calls: SeenCalls) -> PixelValues:
    images = calls.images.get((member.path, member.call))
    if images is None or len(images) <= member.row:
        raise CaptureError(f"{member.path} did not run as often as on the probe's image; explain it by itself.")
    return images[member.row : member.row + 1]


def _gradient_targets(score: Tensor, passes: Passes, calls: SeenCalls) -> list[Target]:
    """Of each pass the score as far as it depends on that pass, to first order."""
    if not score.requires_grad:
        raise CaptureError(f"no gradient of the logits reaches {' and '.join(passes.paths)}; explain it by itself.")
    leaves = [tensor for tensors in calls.outputs.values() for tensor in tensors]
    gradients = iter(torch.autograd.grad(score, leaves, allow_unused=True, materialize_grads=True))
    of_calls = {key: [next(gradients) for _ in tensors] for key, tensors in calls.outputs.items()}

    def weights(member: ParallelPass) -> Tensor:
        rows = [gradient[member.row : member.row + 1] for gradient in of_calls[member.path, member.call]]
        return torch.cat([row.flatten(1) for row in rows], 1)

    return [GradientTarget(weights(member)) for member in passes.passes]


def _within(explainer: Explainer, passes: Passes, member: ParallelPass) -> Explainer:
    """The method as one network takes it: a layer by its name there."""
    if not isinstance(explainer, LayerExplainer) or explainer.layer is None:
        return explainer
    if not explainer.layer.startswith(f"{member.path}."):
        raise OptionError(
            f"layer {explainer.layer!r} is not in {member.path}, which this model runs side by side with others; "
            f"leave `layer` out, or explain {' or '.join(passes.paths)} by itself."
        )
    return replace(explainer, layer=explainer.layer.removeprefix(f"{member.path}."))  # type: ignore[type-var]


def _sum(explainer: Explainer, maps: Sequence[Tensor], passes: Passes) -> Tensor:
    """The results of all passes on the finest of their grids, put back and added up."""
    views = [member.view for member in passes.passes]
    weights = [member.weight for member in passes.passes]
    if not explainer.class_specific:
        total = sum(abs(weight) for weight in weights)
        weights = [abs(weight) / total for weight in weights]
    if lies_on_image(explainer.axes):
        grids = [view.grid((values.shape[-2], values.shape[-1])) for values, view in zip(maps, views, strict=True)]
        finest = max(grids)
        maps = [view.put_back(values, finest) for values, view in zip(maps, views, strict=True)]
    return torch.stack([weight * values for weight, values in zip(weights, maps, strict=True)]).sum(0)
