"""What makes probabilities of class scores: what the model ends in, what the user says, what its configuration says."""

from dataclasses import dataclass
from typing import Final, get_args

import torch
from torch import Tensor

from vitxplain.errors import ModelLoadError, UsageError
from vitxplain.models.objects.libraries import configuration
from vitxplain.models.outputs.choose import Chosen
from vitxplain.models.outputs.graph import LINEAR, endings
from vitxplain.models.outputs.trial import Trial
from vitxplain.models.plain_pass import returned
from vitxplain.models.probing.observe import noise
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.activation_inputs import Ending
from vitxplain.tasks.classification import Activation

ACTIVATIONS: Final = get_args(Activation)
_IMPLIED: Final[dict[Ending, Activation]] = {"softmax": "softmax", "log_softmax": "softmax", "sigmoid": "sigmoid"}
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
    ending = _ending(model, tried, chosen)
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
        if scores.numel() == 1 or abs(total - 1) > _HALF_TOLERANCE:
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


def _ending(model: VisionModel, tried: Trial, chosen: Chosen) -> Ending | None:
    """What the model itself ends in: the call that made the scores, an average of calls, or what the numbers say."""
    scores = chosen.scores
    if (call := tried.activations.behind(scores)) is not None:
        return call.ending
    nodes = endings(scores)
    if nodes & LINEAR or not scores.isfinite().all():
        return None
    if nodes == {"Sigmoid"} and _within(scores):
        return "sigmoid"
    if nodes == {"Hardsigmoid"}:
        raise ModelLoadError(
            f"{model.source} ends in a hard sigmoid, behind whose probabilities of 0 and 1 no scores are; take it out "
            "of the model and say activation='sigmoid' (--activation)."
        )
    if _sums_to_one(scores) and all(_sums_to_one(other) for other in _on_noise(model, chosen.path)):
        return "softmax"
    return None


def _on_noise(model: VisionModel, path: str) -> list[Tensor]:
    """The scores of two images of noise: what holds for one image may be chance."""
    from vitxplain.tasks.leaves import leaf

    images = noise(model, model.processor.input_size)
    return [leaf(returned(model, image[None]), path) for image in images]


def _sums_to_one(scores: Tensor) -> bool:
    shares = scores.detach().float().flatten()
    tolerance = _TOLERANCE if scores.dtype in (torch.float32, torch.float64) else _HALF_TOLERANCE
    return len(shares) > 1 and _within(shares) and abs(float(shares.sum()) - 1) <= tolerance


def _within(scores: Tensor) -> bool:
    """Whether every number is one a probability can be."""
    return bool(((scores >= 0) & (scores <= 1)).all())


def _word(ending: Ending) -> str:
    return {"softmax": "a softmax", "log_softmax": "a log-softmax", "sigmoid": "a sigmoid"}[ending]
