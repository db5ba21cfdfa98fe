"""Patches whose features are so long that they are no features of the place (Darcet et al. 2023, arXiv 2309.16588)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from vitxplain.explainers.base import Explainer, lies_on_image

if TYPE_CHECKING:
    from vitxplain.models.probing.probe import Probe

RATIO: Final = 3.0  # times the median length of an image's patches; the paper's outliers are about ten times as long
MOST_NAMED: Final = 12  # patches in a note


def stream_layer(explainers: Iterable[Explainer], probe: "Probe") -> str | None:
    """The layer whose patches are to be measured for these methods; None where no note would come of it.

    Of plain ViTs alone, and for methods that show attention or features as they are. An exported graph has no notes.
    """
    shows_tokens = any(shows_what_tokens_hold(explainer) for explainer in explainers)
    return probe.stream_layer if shows_tokens and probe.isotropic and not torch.compiler.is_compiling() else None


def shows_what_tokens_hold(explainer: Explainer) -> bool:
    """Whether an artefact of a token is one of the method's map."""
    return not explainer.class_specific and lies_on_image(explainer.axes)


def artefacts(features: Float[Tensor, "batch channel row column"]) -> Bool[Tensor, "batch row column"]:
    """The patches whose vectors are more than `RATIO` times as long as the median of their image."""
    lengths = features.detach().float().norm(dim=1)
    median = lengths.flatten(1).median(1).values[:, None, None]
    return lengths > RATIO * median


def note(outliers: Bool[Tensor, "row column"]) -> str | None:
    """Which patches of an image are artefacts, in a sentence; None where none is."""
    places = outliers.nonzero().tolist()
    if not places:
        return None
    more = f" and {len(places) - MOST_NAMED} more" if len(places) > MOST_NAMED else ""
    named = " ".join(f"{row},{column}" for row, column in places[:MOST_NAMED])
    return (
        f"{len(places)} of {outliers.numel()} patches (row,column {named}{more}) have features over {RATIO:g} times as "
        "long as the median: such tokens hold what the model keeps for itself, so what attention and features show "
        "there may say nothing of the place (arXiv 2309.16588)."
    )
