"""Mistakes in what is differentiated, and where."""

from functools import cache

import torch
from captum.attr import LayerGradCam
from torch import Tensor

from benchmarks.known_wrong.material import (
    Everything,
    Scored,
    alike,
    attention,
    found,
    gradients,
    model,
    pixel_values,
    targets,
)
from benchmarks.known_wrong.rolling import rollout


def relevance(weights: Tensor, gradient: Tensor) -> Tensor:
    """Gradient-attention (arXiv 2103.15679, eqs. 5 and 6): the class token's row, patches."""
    row = torch.zeros(len(weights), 1, weights.shape[-1])
    row[..., 0] = 1
    for layer in (weights * gradient).relu().mean(2).flip(1).unbind(1):
        row = row + row @ layer
    return row[:, 0, 1:]


def gradient_rollout(weights: Tensor, gradient: Tensor) -> Tensor:
    return rollout((weights * gradient).relu().mean(2))


def other_scores() -> dict[str, float]:
    """The gradient of the probability, and of a hundred times the logit, for that of the logit."""
    right = gradient_rollout(attention(), gradients())
    probability = gradient_rollout(attention(), gradients_of_probability())
    hundred = gradient_rollout(attention(), gradients(_hundred))
    without = relevance(attention(), gradients())
    return {
        "probability": alike(right, probability),
        "hundred": alike(right, hundred),
        "right": found(right),
        "probability_found": found(probability),
        "hundred_found": found(hundred),
        "attention_probability": alike(without, relevance(attention(), gradients_of_probability())),
        "attention_hundred": alike(without, relevance(attention(), gradients(_hundred))),
    }


@cache
def gradients_of_probability() -> Tensor:
    """(image, layer, head, query, key), of the target's probability, by the chain rule from those of all logits.

    Of a module that ends in a softmax ours gives the gradient of the logit.
    """
    with torch.no_grad():
        shares = model().logits(pixel_values()).softmax(-1)
    chosen = torch.nn.functional.one_hot(torch.tensor(targets()), shares.shape[-1])
    slopes = (shares * chosen).sum(-1, keepdim=True) * (chosen - shares)
    parts = (Everything().explain(model(), pixel_values(), one)[:, :, 1] for one in range(slopes.shape[-1]))
    return sum(slope.view(-1, 1, 1, 1, 1) * part for slope, part in zip(slopes.unbind(-1), parts, strict=True))


def _hundred(logits: Tensor) -> Tensor:
    return 100 * logits


def order_of_arrival() -> dict[str, float]:
    """The first gradient to arrive is that of the last layer, and is given to the first."""
    right, wrong = (relevance(attention(), one) for one in (gradients(), gradients().flip(1)))
    return {"alike": alike(right, wrong), "right": found(right), "wrong": found(wrong)}


def two_methods_of_one_name() -> dict[str, float]:
    """Gradient rollout, where Chefer's relevance was meant."""
    one, other = relevance(attention(), gradients()), gradient_rollout(attention(), gradients())
    return {"alike": alike(one, other), "relevance": found(one), "rollout": found(other)}


def cam_of_tokens() -> dict[str, object]:
    """captum's LayerGradCam on the output of a block, (batch, token, channel)."""
    module = Scored(model().module, lambda logits: logits)
    cam = LayerGradCam(module, model().module.layers[-2]).attribute(pixel_values()[:1], targets()[0])
    return {"shape": " × ".join(map(str, cam.shape)), "patches": model().grid.num_patches}


def last_block() -> dict[str, float]:
    """The gradient of the logit at the output of the last block and of the one before."""
    kept: list[Tensor] = []
    hooks = [layer.register_forward_hook(lambda *args: kept.append(args[2])) for layer in model().module.layers]
    logits = model().logits(pixel_values().clone().requires_grad_())
    for hook in hooks:
        hook.remove()
    score = logits[torch.arange(len(logits)), targets()].sum()
    before, last = torch.autograd.grad(score, kept[-2:])
    return {"last": float(last[:, 1:].abs().max()), "before": float(before[:, 1:].abs().max())}


def lost_norm() -> dict[str, float]:
    """demo-vit without the last of its LayerNorms, compared by top class and by logits."""
    module = model().module
    with torch.no_grad():
        right = module(pixel_values()).logits
        norm = module.norm
        module.norm = torch.nn.Identity()
        wrong = module(pixel_values()).logits
        module.norm = norm
    same = (right.argmax(-1) == wrong.argmax(-1)).float().mean()
    return {"same_class": float(same), "logits": float((right - wrong).abs().max())}
