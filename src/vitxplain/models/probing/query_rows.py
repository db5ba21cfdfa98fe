"""Sequences that are no map of the image, however many tokens they have: a detector's queries, several maps at once."""

import torch

from vitxplain.capture.deformable.weights import DeformableWeights
from vitxplain.models.probing.observation import Observation


def lengths_without_map(observation: Observation) -> frozenset[int]:
    """The lengths of sequences of queries of the model's own, and of all places of several levels."""
    return _of_queries(observation) | _of_levels(observation)


def _of_queries(observation: Observation) -> frozenset[int]:
    """Where the logits have one row a query, and these are no patches.

    Found by differentiating while attention is silent: a patch then still hears of the image, a query does not.
    """
    logits, image = observation.logits, observation.image
    if logits.dim() != 3 or not image.requires_grad or not logits.requires_grad:
        return frozenset()
    count = logits.shape[1]
    rows = [o.tensor for o in observation.outputs if len(o.shape) == 3 and o.shape[:2] == (1, count) and o.edge]
    if not rows:
        return frozenset()
    with observation.silent_attention():
        (gradient,) = torch.autograd.grad(rows[-1].sum(), [image], retain_graph=True, allow_unused=True)
    return frozenset() if gradient is not None and gradient.any() else frozenset({count})


def _of_levels(observation: Observation) -> frozenset[int]:
    """As deformable attention reads them."""
    sampled = [call.weights for call in observation.calls if isinstance(call.weights, DeformableWeights)]
    return frozenset(weights.shape[-1] for weights in sampled if len(weights.level_sizes) > 1)
