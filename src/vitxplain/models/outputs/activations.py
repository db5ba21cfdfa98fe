"""What makes probabilities of class scores: what the model ends in, what the user says, what its configuration says."""

from dataclasses import dataclass
from typing import Final, get_args

import torch
from torch import Tensor

from vitxplain.errors import ModelLoadError, UsageError
from vitxplain.models.objects.libraries import configuration
from vitxplain.models.outputs.choose import Chosen
from vitxplain.models.outputs.graph import LINEAR, endings, is_cut_off, last_step
from vitxplain.models.outputs.trial import Trial
from vitxplain.models.plain_pass import returned
from vitxplain.models.probing.observe import noise
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.activation_inputs import Ending
from vitxplain.tasks.base import LOGITS
from vitxplain.tasks.classification import Activation, Classification

ACTIVATIONS: Final = get_args(Activation)
_IMPLIED: Final[dict[Ending, Activation]] = {
    "softmax": "softmax",
    "log_softmax": "softmax",
    "sigmoid": "sigmoid",
    "log_sigmoid": "sigmoid",
}
_IN_SIGMOIDS: Final = frozenset({"Sigmoid", "Tanh", "Reciprocal"})  # what sigmoids, also those written out, end in
_ADDING: Final = ("Add", "Sum", "Mul", "Div", "Mean")
_TOLERANCE: Final = 1e-3
_HALF_TOLERANCE: Final = 2e-2


@dataclass(frozen=True)
class Meaning:
    """What follows the scores, and which activation the model itself ends in."""

    activation: Activation
    ends_in: Ending | None = None


def check_activation_name(activation: str) -> None:
    """Raises:
    UsageError: neither "auto" nor an activation.
    """
    if activation not in ("auto", *ACTIVATIONS):
        raise UsageError(f"activation {activation!r} does not exist; choose auto, {', '.join(ACTIVATIONS)}.")


def meaning(model: VisionModel, tried: Trial, chosen: Chosen, stated: str, by_loss: str = "auto") -> Meaning:
    """What the chosen scores mean; `stated` is an activation or "auto", and so is that of the loss it learned with.

    Raises:
        UsageError: what is stated cannot be, or not after what the model ends in.
        ModelLoadError: the model ends in an activation that leaves nothing to explain, or in one only the user knows.
    """
    classes = chosen.scores.numel()
    ending = _ending(model, tried, chosen, stated)
    if ending is not None:
        return _of_ending(model.source, chosen.scores, ending, stated)
    if stated == "softmax" and classes == 1:
        raise UsageError(
            f"activation='softmax' makes 100 % of the one output of {model.source} whatever it is; choose sigmoid (the "
            "probability of the positive class) or none (a value)."
        )
    if stated in ACTIVATIONS:
        return Meaning(next(one for one in ACTIVATIONS if one == stated))
    if chosen.followed_by is not None:
        return Meaning(_IMPLIED[chosen.followed_by])
    if by_loss in ACTIVATIONS:
        return Meaning(next(one for one in ACTIVATIONS if one == by_loss))
    if endings(chosen.scores) == {"Sigmoid"} and classes > 1:  # added up, they are beyond 1, and no probabilities
        return Meaning("none")
    return Meaning(by_problem(getattr(configuration(model.module), "problem_type", None), classes))


def by_problem(problem: object, classes: int) -> Activation:
    """What follows so many raw scores, by transformers' name of the problem; one alone is a value, as there."""
    if problem == "multi_label_classification":
        return "sigmoid"
    return "none" if problem == "regression" or classes == 1 else "softmax"


def _of_ending(source: str, scores: Tensor, ending: Ending, stated: str) -> Meaning:
    implied = _IMPLIED[ending]
    if stated in ACTIVATIONS and stated not in (implied, "none"):
        raise UsageError(
            f"{source} itself ends in {_word(ending)}, so activation={stated!r} cannot follow; leave activation "
            "out, or let the model return what it has before that."
        )
    if implied == "softmax" and scores.isfinite().all():
        shares = scores.detach().float()
        total = float((shares.exp() if ending == "log_softmax" else shares).sum())
        if scores.numel() == 1 or not (_is_one(total) or last_step(scores) in _ADDING):
            raise _meaningless(source, scores, ending, total)
    return Meaning(implied, ending)


def _meaningless(source: str, scores: Tensor, ending: Ending, total: float) -> ModelLoadError:
    if scores.numel() == 1:
        return ModelLoadError(
            f"{source} ends in {_word(ending)} of a single output, which is 1 whatever the image is; one takes a "
            "sigmoid, or nothing where it is a value."
        )
    return ModelLoadError(
        f"{source} ends in {_word(ending)} over another axis than the classes: the {scores.numel()} probabilities of "
        f"one image sum to {total:.3g}. Give it dim=1 (batch, classes), or take it out of the model."
    )


def _ending(model: VisionModel, tried: Trial, chosen: Chosen, stated: str) -> Ending | None:
    """What the model itself ends in: the call that made the scores, an average of calls, or what the numbers say."""
    scores = chosen.scores
    if (call := tried.activations.behind(scores)) is not None:
        return call.ending
    nodes = endings(scores)
    if not scores.isfinite().all():
        return None
    cut_off = nodes == {"Hardsigmoid"} or (is_cut_off(scores) and bool(nodes & LINEAR))
    if cut_off and stated != "none" and scores.numel() > 1:
        how = "a hard sigmoid" if nodes == {"Hardsigmoid"} else "numbers cut off at 0 and 1"
        raise ModelLoadError(
            f"{model.source} ends in {how}, behind whose probabilities of 0 and 1 no scores are; take it out "
            "of the model and say activation='sigmoid' (--activation)."
        )
    if nodes & LINEAR:
        return None
    last = last_step(scores)
    written_out = bool(nodes) and (nodes <= _IN_SIGMOIDS or (last == "Div" and nodes == {"Exp"}))
    if not (written_out or nodes == {"Softmax"} or _sums_to_one(scores)):
        return None
    images = [scores, *_on_noise(model, chosen.path)]
    if all(_sums_to_one(each) for each in images):
        return "softmax"
    if written_out and all(_within(each) for each in images):
        return "sigmoid"
    if nodes == {"Softmax"} and len({round(float(each.detach().sum()), 2) for each in images}) == 1:
        if last not in _ADDING:
            raise _several_softmaxes(model.source, scores)
        return "softmax"
    return None


def _several_softmaxes(source: str, scores: Tensor) -> ModelLoadError:
    return ModelLoadError(
        f"{source} joins several softmaxes in one output: its {scores.numel()} probabilities sum to "
        f"{float(scores.detach().sum()):.3g}, and which of them belong together is not known. Let the model return one "
        "output for each softmax, and choose it by output= (--output)."
    )


def _on_noise(model: VisionModel, path: str) -> list[Tensor]:
    """The scores of two images of noise: what holds for one image may be chance."""
    task = Classification(output=path)
    images = noise(model, model.processor.input_size)
    return [task.outputs(returned(model, image[None]))[LOGITS] for image in images]


def _sums_to_one(scores: Tensor) -> bool:
    shares = scores.detach().float().flatten()
    tolerance = _TOLERANCE if scores.dtype in (torch.float32, torch.float64) else _HALF_TOLERANCE
    return len(shares) > 1 and _within(shares) and abs(float(shares.sum()) - 1) <= tolerance


def _is_one(total: float) -> bool:
    return abs(total - 1) <= _HALF_TOLERANCE


def _within(scores: Tensor) -> bool:
    """Whether every number is one a probability can be."""
    return bool(((scores >= 0) & (scores <= 1)).all())


def _word(ending: Ending) -> str:
    return f"a {ending.replace('_', '-')}"
