"""Segments that the queries of a model find, as its library has it or by the form of its output."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import torch
from jaxtyping import Bool
from torch import Tensor

from vitxplain.tasks.base import LOGITS, TaskOutputs

MASKS: Final = "masks"  # (batch, query, row, column), raw logits
MASK_FROM: Final = 0.5  # probability from which on a place counts for a mask, as the model's library has it
MIN_SCORE: Final = 0.5

_KEPT: Final = 0.8  # of those places, how many other masks must leave it
_DIGITS: Final = 1e-5  # libraries round scores


@dataclass(frozen=True, eq=False)
class Segment:
    """What one query found; the score is the probability of its class."""

    query: int
    index: int
    score: float
    mask: Bool[Tensor, "row column"]


# From one image's outputs and a score to the segments that are surer.
SegmentsOf: TypeAlias = Callable[[TaskOutputs, float], list[Segment]]


def panoptic(outputs: TaskOutputs, min_score: float) -> list[Segment]:
    """A panoptic segmentation (MaskFormer, arXiv 2107.06278, appendix A): no place belongs to two segments.

    Each place goes to the query with the largest product of class and mask probability; a query that keeps too little
    of its mask is dropped. The last class says that a query found nothing.
    """
    scores, classes = outputs[LOGITS][0].float().cpu().softmax(-1).max(-1)
    queries = ((classes < outputs[LOGITS].shape[-1] - 1) & (scores > min_score)).nonzero()[:, 0]
    if not len(queries):
        return []
    shares = outputs[MASKS][0].float().cpu()[queries].sigmoid() * scores[queries, None, None]
    owner = shares.argmax(0)
    segments = []
    for number, query in enumerate(queries.tolist()):
        places, area = owner == number, int((shares[number] >= MASK_FROM).sum())
        if area and float(places.sum() / area) > _KEPT:
            segments.append(Segment(query, int(classes[query]), float(scores[query]), places))
    return segments


def instances(outputs: TaskOutputs, min_score: float) -> list[Segment]:
    """Objects whose masks may overlap, where each class is for itself: a query may be found once for several classes.

    As many pairs of query and class as there are queries, the best, as RF-DETR has it (arXiv 2511.09554).
    """
    shares, masks = outputs[LOGITS][0].float().cpu().sigmoid(), outputs[MASKS][0].float().cpu()
    scores, positions = shares.flatten().sort(descending=True, stable=True)
    segments = []
    for score, position in zip(scores[: len(shares)].tolist(), positions.tolist(), strict=False):
        query, index = divmod(position, shares.shape[-1])
        if score > min_score:
            segments.append(Segment(query, index, score, masks[query] > 0))
    return [segment for segment in segments if segment.mask.any()]


def by_library(post_process: Callable[..., Any], outputs: TaskOutputs, min_score: float) -> list[Segment]:
    """What the model's own panoptic post-processing makes of it.

    It never says which query a segment is of: the one with its class and score, whose mask overlaps it most.
    """
    from transformers.utils.generic import ModelOutput

    logits, masks = outputs[LOGITS][:1].float().cpu(), outputs[MASKS][:1].float().cpu()
    size = masks.shape[2], masks.shape[3]
    named = {"class_queries_logits": logits, "masks_queries_logits": masks.clone(), "logits": logits}
    raw = ModelOutput(**named, pred_masks=masks.clone())
    made = post_process(raw, target_sizes=[size], threshold=min_score, **_fusing_nothing(post_process))[0]
    scores, classes = logits[0].softmax(-1).max(-1)
    segments = []
    for entry in made["segments_info"]:
        mask = made["segmentation"] == entry["id"]
        alike = (classes == entry["label_id"]) & ((scores - entry["score"]).abs() < _DIGITS)
        queries = alike.nonzero()[:, 0].tolist()
        query = max(queries, key=lambda query: float(masks[0, query].sigmoid()[mask].sum()))
        segments.append(Segment(query, entry["label_id"], float(scores[query]), mask))
    return segments


def runs(post_process: Callable[..., Any]) -> bool:
    """Whether a post-processing of the library works here: some need torchvision, and say so in no words."""
    sample = {LOGITS: torch.tensor([[[9.0, 0.0]]]), MASKS: torch.full((1, 1, 4, 4), 9.0)}
    try:
        return bool(by_library(post_process, sample, 0.0))
    except Exception:  # whatever it misses
        return False


def default_threshold(post_process: Callable[..., Any]) -> float:
    """From which score on the library takes segments for found."""
    threshold = inspect.signature(post_process).parameters.get("threshold")
    stated = threshold is not None and isinstance(threshold.default, float)
    return threshold.default if stated else MIN_SCORE  # type: ignore[union-attr]


def _fusing_nothing(post_process: Callable[..., Any]) -> dict[str, Any]:
    """Said where it can be: the library warns where it is not."""
    parameters = inspect.signature(post_process).parameters
    return {"label_ids_to_fuse": set()} if "label_ids_to_fuse" in parameters else {}
