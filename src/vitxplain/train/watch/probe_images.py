"""Probe images: which samples and which method, their maps and attention distances, random state kept."""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

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
from vitxplain.files.paths import user_path
from vitxplain.inspect.live.image_record import RecordOptions
from vitxplain.inspect.live.recorder import Recorder
from vitxplain.models.loading.devices import device_of
from vitxplain.models.vision_model import VisionModel

DISTANCE = "head-distance"


@dataclass(frozen=True, eq=False)
class ProbeMaps:
    """Maps of the probe images for their true classes, or what is found.

    `distances` are how far each layer looks, in pixels of the model input.
    """

    method: str
    explanations: Sequence[Explanation] = field(repr=False)
    distances: Float[np.ndarray, " layer"] | None  # mean over heads and images; None without attention


def probe_samples(data: DataSet, count: int, seed: int) -> list[Sample]:
    """`count` samples that can be read, the same each time; the first ones of a set that is read in order."""
    random_units = StableRandom(seed, len(data))
    order = list(range(len(data)))
    if not data.in_order:
        order.sort(key=dict(zip(order, random_units.units(len(data)).tolist(), strict=True)).__getitem__)
    samples = readable(data, lambda _index, _error: None, order)
    return [sample for _, (_, sample) in zip(range(count), samples, strict=False)]


def probe_method(model: VisionModel, method: str) -> str:
    """The name of the method, checked; `auto` stands for the one that suits the model.

    Raises:
        UnsupportedModelError: it does not fit the model.
        UnknownNameError: there is no such method.
    """
    ((name, explainer),) = build([auto_method(model) if method == "auto" else method], {}).items()
    require(model, [explainer])
    return name


def why_no_distance(model: VisionModel) -> str | None:
    """Why the model has no attention distance, as a clause; None if it has."""
    return reason(load_explainer(DISTANCE), model.probe())


def explain_probes(model: VisionModel, samples: Sequence[Sample], classes: Sequence[int], method: str) -> ProbeMaps:
    """Explain the samples by the network as it is now; its gradients and all random states are left as they are.

    `classes` has the model's index for each class of the samples. A detector or segmenter is explained for the best
    object or largest segment it finds, however unsure it is.
    """
    # A fresh probe: the last one observed other weights.
    model = model.changed(device=device_of(model.module))
    with keep_random_state(model.device):
        methods = [method, DISTANCE] if why_no_distance(model) is None else [method]
        maps: Mapping[str, list[Explanation]] = explain_together(
            model,
            [sample.image for sample in samples],
            methods,
            target=None if model.task.finds else [classes[sample.label] for sample in samples],
            min_score=0.0 if model.task.finds else None,
        )
    by_head = maps.get(DISTANCE)
    distances = np.mean([distance.values.mean(-1) for distance in by_head], 0) if by_head else None
    return ProbeMaps(method, maps[method], distances)


def record_probes(
    model: VisionModel, samples: Sequence[Sample], folder: str | Path, step: int, explanations: Sequence[Explanation]
) -> None:
    """Record what the network, as it is now, attends to on the samples, and their maps; states are left as they are."""
    model = model.changed(device=device_of(model.module))
    with keep_random_state(model.device):
        for number, (sample, explanation) in enumerate(zip(samples, explanations, strict=True), 1):
            recorder = Recorder(model, user_path(folder), RecordOptions(explanations=(explanation,)), step=step)
            recorder.add([sample.image], [f"image {number}"])


@contextmanager
def keep_random_state(device: torch.device) -> Iterator[None]:
    """Restore the global generators of Python, NumPy and torch afterwards."""
    python_state, numpy_state = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)
