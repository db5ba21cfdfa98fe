"""Mistakes of hooks that take a module for one call, its output for one value, all layers for one network."""

from collections.abc import Callable
from copy import deepcopy
from functools import cache

import torch
from captum.attr import LayerGradCam
from torch import Tensor, nn

from benchmarks.known_wrong.material import (
    Everything,
    Scored,
    alike,
    attention,
    convolutional,
    disturbed,
    found,
    model,
    pixel_values,
    samples,
    targets,
)
from benchmarks.known_wrong.rolling import rollout
from vitxplain import load_model

NORMS = ("stages.1.0.norm1", "stages.1.1.norm1", "stages.2.0.norm1", "stages.2.1.norm1")
"""Layers of `demo-cnn` whose output goes to a ReLU and nowhere else."""


class Mirrored(nn.Module):
    """The mean of the logits of the image and of its mirror image."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, pixel_values: Tensor) -> Tensor:
        return (self.inner(pixel_values).logits + self.inner(pixel_values.flip(-1)).logits) / 2


def first_of_two() -> dict[str, float]:
    """Rollout of two networks side by side: the layers of both as one chain, and those of one alone.

    Both look at the image; or the second at its mirror image.
    """
    second = disturbed(model().module)
    asked = load_model(Scored(second, _same), mean=0.5, std=0.5, size=pixel_values().shape[-2:])
    layers = attention().mean(2)
    straight, turned = (
        Everything().explain(asked, pixels, targets())[:, :, 0].mean(2)
        for pixels in (pixel_values(), pixel_values().flip(-1))
    )
    right = (rollout(layers) + rollout(straight)) / 2
    put_back = (rollout(layers) + mirrored(rollout(turned))) / 2
    chain, turned_chain = (rollout(torch.cat([layers, others], 1)) for others in (straight, turned))
    with torch.no_grad():
        classes = second(pixel_values()).logits.argmax(-1).tolist()
    return {
        "second_right": sum(one == sample.label for one, sample in zip(classes, samples(), strict=True)) / len(classes),
        "chain": alike(right, chain),
        "chain_found": found(chain),
        "found": found(right),
        "turned_chain": alike(put_back, turned_chain),
        "turned_chain_found": found(turned_chain),
        "turned_found": found(put_back),
        "turned_first": alike(put_back, rollout(layers)),
        "turned_second": alike(put_back, rollout(turned)),
        "turned_second_found": found(rollout(turned)),
    }


def last_call() -> dict[str, float]:
    """captum's LayerGradCam of a network that is called twice, and the map of the first call alone."""
    inner = convolutional()
    alone = Scored(inner, _same)
    first, second = (grad_cam(alone, "inner.stages", one) for one in (pixel_values(), pixel_values().flip(-1)))
    right = (first + mirrored(second)) / 2
    last = grad_cam(Mirrored(inner), "inner.stages", pixel_values())
    return {
        "last": alike(right, last),
        "last_is_second": alike(second, last),
        "first": alike(right, first),
        "found": found(right),
        "last_found": found(last),
        "first_found": found(first),
    }


def changed_in_place() -> dict[str, float]:
    """Grad-CAM of layers whose output a ReLU then writes over: no copy of the values, gradients of before or after."""
    written = deepcopy(convolutional())
    for part in written.modules():
        if isinstance(part, nn.ReLU):
            part.inplace = True
    plain, module = Scored(convolutional(), _same), Scored(written, _same)
    right = [grad_cam(plain, f"inner.{layer}", pixel_values()) for layer in NORMS]
    copied = [grad_cam(module, f"inner.{layer}", pixel_values()) for layer in NORMS]
    mixed, later = zip(*(without_a_copy(module, f"inner.{layer}") for layer in NORMS), strict=True)
    figures: dict[str, float] = {"layers": len(NORMS), "copied": min(map(alike, right, copied))}
    for name, maps in {"mixed": mixed, "later": later}.items():
        close = list(map(alike, right, maps))
        figures |= {f"{name}_least": min(close), f"{name}_most": max(close)}
    return figures


def without_a_copy(module: nn.Module, layer: str) -> tuple[Tensor, Tensor]:
    """(image, place) from values after the change: with the gradient before it, by a hook, and with that after it."""
    outputs: list[Tensor] = []
    before: list[Tensor] = []

    def keep(_: nn.Module, __: object, output: Tensor) -> None:
        outputs.append(output)
        output.register_hook(before.append)

    hook = module.get_submodule(layer).register_forward_hook(keep)
    pixels = pixel_values().clone().requires_grad_()
    score = module(pixels)[torch.arange(len(pixels)), classes()].sum()
    hook.remove()
    after, _ = torch.autograd.grad(score, [outputs[0], pixels])
    values = outputs[0].detach()
    mixed, later = ((one.mean((2, 3), keepdim=True) * values).sum(1).flatten(1) for one in (before[0], after))
    return mixed, later


def softmax_twice() -> dict[str, float]:
    """demo-cnn that ends in a softmax: probabilities of what are some already, and the gradient of either."""
    ends: tuple[Callable[[Tensor], Tensor], ...] = (_same, _softmax, lambda logits: _softmax(_softmax(logits)))
    modules = [Scored(convolutional(), end) for end in ends]
    right, once, twice = (grad_cam(module, "inner.stages", pixel_values()) for module in modules)
    with torch.no_grad():
        shown = [float(module(pixel_values()).amax(-1).mean()) for module in modules]
    return {
        "probability": shown[1],
        "shown": shown[2],
        "once": alike(right, once),
        "twice": alike(right, twice),
        "found": found(right),
        "once_found": found(once),
        "twice_found": found(twice),
    }


@cache
def classes() -> list[int]:
    """The top class of `demo-cnn` for each image."""
    with torch.no_grad():
        return convolutional()(pixel_values()).logits.argmax(-1).tolist()


def grad_cam(module: nn.Module, layer: str, pixels: Tensor) -> Tensor:
    """(image, place), as captum has it, without a ReLU."""
    return LayerGradCam(module, module.get_submodule(layer)).attribute(pixels, classes()).detach().flatten(1)


def mirrored(maps: Tensor) -> Tensor:
    """(image, place) of a square grid, left for right."""
    side = round(maps.shape[1] ** 0.5)
    return maps.unflatten(1, (side, side)).flip(-1).flatten(1)


def _same(logits: Tensor) -> Tensor:
    return logits


def _softmax(logits: Tensor) -> Tensor:
    return logits.softmax(-1)
