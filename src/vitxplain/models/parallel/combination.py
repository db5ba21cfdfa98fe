"""How the class scores of passes side by side become the output: by trial, with scores of our own in their places."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import torch
from torch import Tensor

from vitxplain.capture.undisturbed import undisturbed
from vitxplain.models.parallel.passes import ParallelPass, Passes, watched_calls
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.activation_inputs import ACTIVATIONS
from vitxplain.tasks.classification import Classification
from vitxplain.types import PixelValues

_Link: TypeAlias = Callable[[Tensor], Tensor]

_EQUAL = 1e-3  # of the greatest number
_NONE = 1e-4  # a weight that is none
_MOST_TRIALS = 12


def _as_it_is(scores: Tensor) -> Tensor:
    return scores


def _centred(scores: Tensor) -> Tensor:
    """Scores of which a softmax makes the same."""
    return scores - scores.mean(-1, keepdim=True)


# What the output is made of by a weighted sum of what: logits, or probabilities; at the end a softmax or a logarithm.
_LINKS: tuple[tuple[_Link, _Link], ...] = (
    (_as_it_is, _as_it_is),
    (_as_it_is, lambda scores: scores.softmax(-1)),
    (_as_it_is, torch.sigmoid),
    (_as_it_is, lambda scores: scores.log_softmax(-1)),
    (lambda output: _centred(output.clamp_min(1e-30).log()), _centred),
    (torch.exp, lambda scores: scores.softmax(-1)),
    (torch.sigmoid, torch.sigmoid),  # the log odds of averaged probabilities
)
_OF_ANY_SIGN = (_as_it_is, torch.exp, torch.sigmoid)


@dataclass(frozen=True)
class Combination:
    """The weight of each pass in the output; `of_logits`: it is their weighted sum as they are."""

    weights: tuple[float, ...]
    of_logits: bool


def combination_of(model: VisionModel, passes: Passes, image: PixelValues) -> Combination | None:
    """How the passes make the output, where that is a weighted sum of class scores or probabilities.

    None where it is nothing of the kind: a maximum, a product, or where the image counts beside the passes.
    """
    combination = _combination(model, passes, image)
    if combination is None and isinstance(model.task, Classification) and model.task.ends_in is not None:
        # A sum of sigmoids, say, need not be a probability, whatever it was for one image: the numbers as they are.
        of_numbers = _combination(model.changed(task=replace(model.task, ends_in=None)), passes, image)
        return of_numbers and replace(of_numbers, of_logits=False)
    return combination


def _combination(model: VisionModel, passes: Passes, image: PixelValues) -> Combination | None:
    count = len(passes.passes)
    with torch.no_grad():
        labels = model.logits(image).shape[-1]
        trials = min(2 + -(-2 * count // labels), _MOST_TRIALS)
        generator = torch.Generator().manual_seed(3)
        scores = 2 * torch.randn(trials, count, labels, generator=generator)
        images = [image, image.flip(-1) / 2 + 0.1]  # a part that looks at the image itself would show
        outputs = torch.cat(
            [_output(model, passes, images[trial % 2], scores[trial].to(image)) for trial in range(trials)]
        )
    outputs = outputs.double().cpu()
    for of_output, of_scores in _LINKS:
        if of_output not in _OF_ANY_SIGN and not bool((outputs > 0).all()):
            continue
        weights = _solved(of_scores(scores.double()), of_output(outputs))
        if weights is not None:
            kept = tuple(0.0 if abs(weight) < _NONE else weight for weight in weights)
            return Combination(kept, of_output is _as_it_is and of_scores is _as_it_is)
    return None


def _output(model: VisionModel, passes: Passes, image: PixelValues, scores: Tensor) -> Tensor:
    """The output of the whole on one image, with these scores, (pass, label), in place of those of its passes."""
    rows: dict[tuple[str, int], list[Tensor]] = {}
    for member, row in zip(passes.passes, scores, strict=True):
        rows.setdefault((member.path, member.call), []).append(_returned(member, row))
    replaced = {key: [torch.stack(list_of_rows)] for key, list_of_rows in rows.items()}
    with undisturbed(model.module), watched_calls(model.module, passes, replaced):
        return model.logits(image)


def _returned(member: ParallelPass, scores: Tensor) -> Tensor:
    """What a network returns that has these class scores before the activation it ends in."""
    ending = member.model.task.ends_in if isinstance(member.model.task, Classification) else None
    return scores if ending is None else ACTIVATIONS[ending](scores)


def _solved(scores: Tensor, outputs: Tensor) -> Sequence[float] | None:
    """The weights w with outputs = sum of w x scores, for all trials and labels; None if there are none."""
    if not bool(torch.isfinite(outputs).all()) or outputs.shape != scores[:, 0].shape:
        return None
    parts = scores.movedim(1, -1).flatten(0, 1)  # (trial x label, pass)
    weights = torch.linalg.lstsq(parts, outputs.flatten()[:, None]).solution
    off = (parts @ weights - outputs.flatten()[:, None]).abs().max()
    return weights.flatten().tolist() if off <= _EQUAL * outputs.abs().max().clamp_min(1e-12) else None
