"""What a network shows of itself on a few fixed images, once."""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from jaxtyping import Float

from vitxplain.api import explain_together
from vitxplain.data.readable import readable
from vitxplain.data.sample import DataSet, Sample
from vitxplain.data.stable_random import StableRandom
from vitxplain.explainers.passes.choose import build, load_explainer
from vitxplain.explainers.passes.fit import auto_method, reason, require
from vitxplain.explanation.explanation import Explanation
from vitxplain.models.loading.devices import device_of
from vitxplain.models.vision_model import VisionModel

DISTANCE = "head-distance"


@dataclass(frozen=True, eq=False)
class ProbeMaps:
    """Maps of the probe images for their true classes, and how far each layer looks, in pixels of the model input."""

    method: str
    explanations: Sequence[Explanation] = field(repr=False)
    distances: Float[np.ndarray, " layer"] | None  # mean over heads and images; None without attention


def probe_samples(data: DataSet, count: int, seed: int) -> list[Sample]:
    """So many samples that can be read, the same each time; the first ones of a set that is read in order."""
    chance = StableRandom(seed, len(data))
    order = list(range(len(data)))
    if not data.in_order:
        order.sort(key=dict(zip(order, chance.units(len(data)).tolist(), strict=True)).__getitem__)
    found = readable(data, lambda _index, _error: None, order)
    return [sample for _, (_, sample) in zip(range(count), found, strict=False)]


def chosen_method(model: VisionModel, method: str) -> str:
    """The method that `auto` stands for, or this one.

    Raises:
        UnsupportedModelError: it does not fit the model.
        UnknownNameError: there is no such method.
    """
    (explainer,) = (found := build([auto_method(model) if method == "auto" else method], {})).values()
    require(model, [explainer])
    return next(iter(found))


def no_distance(model: VisionModel) -> str | None:
    """Why the model has no attention distance, as a clause; None if it has."""
    return reason(load_explainer(DISTANCE), model.probe())


def look(model: VisionModel, samples: Sequence[Sample], classes: Sequence[int], method: str) -> ProbeMaps:
    """The network as it is now: the model, its gradients and all random numbers are left as found.

    `classes` is the model's index of each class of the samples.
    """
    # A fresh probe: what the last one found may have been true of other weights.
    model = replace(model, device=device_of(model.module), _probes={})
    with randomness_kept(model.device):
        methods = [method, DISTANCE] if no_distance(model) is None else [method]
        found: Mapping[str, list[Explanation]] = explain_together(
            model,
            [sample.image for sample in samples],
            methods,
            target=[classes[sample.label] for sample in samples],
        )
    far = found.get(DISTANCE)
    return ProbeMaps(method, found[method], np.mean([one.values.mean(-1) for one in far], 0) if far else None)


@contextmanager
def randomness_kept(device: torch.device) -> Iterator[None]:
    """The global generators of Python, NumPy and torch go on afterwards as if nothing had been drawn."""
    ours, numpys = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            yield
    finally:
        random.setstate(ours)
        np.random.set_state(numpys)
