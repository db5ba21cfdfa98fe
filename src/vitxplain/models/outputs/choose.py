"""Which of a model's outputs are the class scores: as stated, or the only one they can be."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from torch import Tensor

from vitxplain.errors import ModelLoadError, UsageError
from vitxplain.models.outputs.graph import ends_linear, is_computed_from
from vitxplain.models.outputs.trial import Trial
from vitxplain.models.plain_pass import check_logits
from vitxplain.models.tasks import is_classifier_class
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.activation_inputs import Ending
from vitxplain.tasks.base import LOGITS
from vitxplain.tasks.leaves import described, parts

# Names, or parts of them, of outputs that are no class scores whatever their shape is.
_OTHER: Final = re.compile(r"feat|emb|hidden|pool|aux|loss|token|latent|attention|attn|repr|state", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Chosen:
    """The output that holds the class scores of one image; `followed_by` is an activation returned beside them."""

    path: str
    scores: Tensor
    followed_by: Ending | None = None


def choose(model: VisionModel, tried: Trial, stated: str, classes: int | None) -> Chosen:
    """The output with the class scores; `stated` is its path or "auto", `classes` how many there are where it is known.

    Raises:
        UsageError: no output is called as stated, or what is called so holds no class scores.
        ModelLoadError: no output can be them, or several can; the message names all.
    """
    if stated != "auto":
        return _stated(model, tried, stated)
    if isinstance(tried.raw, Tensor):
        _check_lone(model.source, tried.raw)
        return Chosen("", tried.raw)
    candidates = {path: tensor for path, tensor in tried.outputs.items() if is_scores(tensor)}
    if LOGITS in candidates:
        return Chosen("", candidates[LOGITS])
    own = getattr(tried.raw, LOGITS, None)  # a property
    if isinstance(own, Tensor) and is_scores(own):
        return Chosen("", own)
    if is_classifier_class(model.module) and candidates:  # PP-LCNet's come first, under another name
        path = next(iter(candidates))
        return Chosen(path, candidates[path])
    if len(candidates) > 1:
        candidates = {path: tensor for path, tensor in candidates.items() if tensor.dim()} or candidates
    followed = _followed(tried, candidates)
    distinct = _distinct({path: tensor for path, tensor in candidates.items() if path not in followed})
    left = _left(distinct, classes)
    if len(left) != 1:
        raise _undecided(model.source, tried.outputs, candidates)
    path = next(iter(left))
    ending = next((ending for source, ending in followed.values() if source is left[path]), None)
    return Chosen(path, left[path], ending)


def is_scores(tensor: Tensor) -> bool:
    """Whether a tensor may be the class scores of one image: real numbers along one axis."""
    return tensor.is_floating_point() and sum(size > 1 for size in tensor.shape) <= 1 and tensor.numel() > 0


def _stated(model: VisionModel, tried: Trial, stated: str) -> Chosen:
    path = _path(tried.raw, stated)
    if isinstance(tried.raw, Tensor) and path in ("0", LOGITS):
        path = ""
    if path not in tried.outputs:
        raise UsageError(
            f"{model.source} has no output {stated!r}; it returns {described(tried.outputs)}. {_way_out(tried.outputs)}"
        )
    tensor = tried.outputs[path]
    if not is_scores(tensor):
        kind = str(tensor.dtype).removeprefix("torch.")
        raise UsageError(
            f"output {stated!r} of {model.source} is {tuple(tensor.shape)} ({kind}) for one image, no row of class "
            f"scores (1, classes); it returns {described(tried.outputs)}."
        )
    return Chosen(path, tensor)


def _path(raw: Any, stated: str) -> str:
    """-1 is the last one, as in a list."""
    places = list(parts(raw))
    return places[int(stated)] if re.fullmatch(r"-[0-9]{1,2}", stated) and -int(stated) <= len(places) else stated


def _check_lone(source: str, tensor: Tensor) -> None:
    if not tensor.is_floating_point():
        kind = str(tensor.dtype).removeprefix("torch.")
        raise ModelLoadError(
            f"{source} returns whole numbers or no numbers ({kind}) of shape {tuple(tensor.shape)} for one image, not "
            "logits (1, classes); return the scores before argmax, rounding or comparing."
        )
    if not is_scores(tensor):
        check_logits(source, tensor)
        raise ModelLoadError(
            f"{source} returns a tensor of shape {tuple(tensor.shape)} for one image, not logits (1, classes)."
        )


def _followed(tried: Trial, candidates: Mapping[str, Tensor]) -> dict[str, tuple[Tensor, Ending]]:
    """The outputs that are a softmax or sigmoid of another output, with that one."""
    sources: dict[str, tuple[Tensor, Ending]] = {}
    for path, tensor in candidates.items():
        call = tried.activations.behind(tensor)
        source = next((one for one in candidates.values() if call is not None and one is call.input), None)
        if call is not None and source is not None:
            sources[path] = source, call.ending
    return sources


def _distinct(candidates: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Each tensor once, under its first name."""
    distinct: dict[str, Tensor] = {}
    for path, tensor in candidates.items():
        if not any(tensor is other for other in distinct.values()):
            distinct[path] = tensor
    return distinct


def _left(candidates: dict[str, Tensor], classes: int | None) -> dict[str, Tensor]:
    """What can be the class scores: by their number, by the names, by what was computed from what."""
    if classes is not None and len(candidates) > 1:
        candidates = {path: tensor for path, tensor in candidates.items() if tensor.numel() == classes}
        if len(candidates) == 1:
            return candidates
    named = {path: tensor for path, tensor in candidates.items() if not _OTHER.search(path)}
    return {
        path: tensor
        for path, tensor in named.items()
        if not any(_is_feature_of(tensor, other) for other in named.values() if other is not tensor)
    }


def _is_feature_of(tensor: Tensor, scores: Tensor) -> bool:
    """Whether a linear layer made scores of a tensor that is itself no linear layer's."""
    return ends_linear(scores) and not ends_linear(tensor) and is_computed_from(scores, tensor)


def _undecided(source: str, outputs: Mapping[str, Tensor], candidates: Mapping[str, Tensor]) -> ModelLoadError:
    if not candidates:
        return ModelLoadError(
            f"{source} returns {described(outputs)} for one image, but no logits (1, classes); give a model for image "
            "classification."
        )
    if len(candidates) == 1:
        return ModelLoadError(
            f"{source} returns {described(outputs)} for one image; {next(iter(candidates))} are features by name, and "
            f"no other output can be class scores. {_way_out(candidates)}"
        )
    return ModelLoadError(
        f"{source} returns several outputs for one image: {described(outputs)}. Which of them are the class scores "
        f"must not be guessed. {_way_out(candidates)}"
    )


def _way_out(outputs: Mapping[str, Tensor]) -> str:
    names = [path for path in outputs if path]
    if not names:
        return "Leave output out."
    several = f", or {', '.join(f'{name!r}' for name in names[1:6])}" if len(names) > 1 else ""
    return f"Say which are the class scores: output={names[0]!r}{several} (--output)."
