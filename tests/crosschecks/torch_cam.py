"""Average drop, increase in confidence, deletion and insertion, beside torch-cam's."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor, nn
from torchcam.metrics import ClassificationMetric as CLASSES
from torchcam.metrics import DeletionInsertionMetric as CURVES

from benchmarks.metrics_of_others import GivenMaps
from tests.crosschecks.comparison import Comparison, Pair
from tests.crosschecks.material import (
    INPUTS,
    UNTIED,
    FromBlack,
    cases,
    explained_class,
    flat,
    model,
    own_maps,
    scaled,
    tensor,
    without_ties,
)
from vitxplain import load_model
from vitxplain.metrics.base import Case
from vitxplain.metrics.confidence import AverageDrop, ConfidenceMetric, Increase
from vitxplain.metrics.curve import CurveMetric
from vitxplain.metrics.deletion import Deletion
from vitxplain.metrics.insertion import Insertion

Metric: TypeAlias = Callable[..., Any]


def theirs(kind: Metric, module: nn.Module, one: Case, inputs: Tensor, heat: np.ndarray) -> dict[str, float]:
    given = GivenMaps(module.eval(), torch.from_numpy(heat)[None].float())
    metric = kind(given, partial(torch.softmax, dim=-1))
    metric.update(inputs, explained_class(one))
    return metric.summary()


def on_black(
    ours: ConfidenceMetric | CurveMetric, kind: Metric, key: str, given: Callable[[], Iterable[Case]]
) -> Callable[[], Iterator[Pair]]:
    def pairs() -> Iterator[Pair]:
        for one in given():
            yield ours.score(one), theirs(kind, model().module, one, tensor([one]), one.heat)[key]

    return pairs


def unrounded() -> Iterator[Pair]:
    """Our formula, of images that were never rounded to whole levels."""
    for one in own_scale():
        inputs, heat = tensor([one]), torch.from_numpy(one.heat).float()
        with torch.no_grad():
            before, after = model().logits(torch.cat([inputs, inputs * heat])).softmax(-1)[:, explained_class(one)]
        yield (
            AverageDrop().of(before.item(), after.item()),
            theirs(CLASSES, model().module, one, inputs, one.heat)["avg_drop"],
        )


def own_scale() -> list[Case]:
    return [*map(scaled, cases())]


def constant() -> list[Case]:
    return flat(own_maps())


def on_scaled_input() -> Iterator[Pair]:
    """As people call it: what is multiplied is the input after mean and deviation were taken out."""
    inner = load_model("demo-vit").module

    class AsCalled(FromBlack):
        def forward(self, pixel_values: Tensor) -> Tensor:
            return super().forward((pixel_values + 1) / 2)

    for one in map(scaled, cases()):
        yield (
            AverageDrop().score(one),
            theirs(CLASSES, AsCalled(inner), one, tensor([one]) * 2 - 1, one.heat)["avg_drop"],
        )


def on_coarse_maps() -> Iterator[Pair]:
    """Maps of 10 x 10, which torch-cam scales before it enlarges them, and we after."""
    for one in cases():
        coarse = one.heat.reshape(10, 6, 10, 6).mean((1, 3))
        coarse = (coarse - coarse.min()) / np.ptp(coarse)
        large = torch.nn.functional.interpolate(torch.from_numpy(coarse)[None, None], one.heat.shape, mode="bilinear")
        ours = AverageDrop().score(replace(one, heat=large[0, 0].numpy()))
        yield ours, theirs(CLASSES, model().module, one, tensor([one]), coarse)["avg_drop"]


COMPARISONS = [
    Comparison(
        "average-drop",
        "torchcam",
        "ClassificationMetric avg_drop",
        f"{INPUTS}, our formula without rounding",
        "Inputs in which 0 is black.",
        unrounded,
    ),
    Comparison(
        "average-drop",
        "torchcam",
        "ClassificationMetric avg_drop",
        INPUTS,
        "Inputs in which 0 is black. We round the masked image to whole levels, as any image is: hence the difference.",
        on_black(AverageDrop(), CLASSES, "avg_drop", own_scale),
        0.02,
    ),
    Comparison(
        "increase",
        "torchcam",
        "ClassificationMetric conf_increase",
        INPUTS,
        "Inputs in which 0 is black.",
        on_black(Increase(), CLASSES, "conf_increase", own_scale),
        0,
    ),
    Comparison(
        "average-drop",
        "torchcam",
        "ClassificationMetric avg_drop",
        f"{INPUTS}, normalised input",
        "torch-cam multiplies the normalised input, so that what is hidden becomes the mean colour the model was "
        "trained with (here mid-grey). Ours changes the image, and names the colour: `baseline`.",
        on_scaled_input,
        0.05,
        same=False,
    ),
    Comparison(
        "average-drop",
        "torchcam",
        "ClassificationMetric avg_drop",
        f"{INPUTS} of 10 × 10",
        "torch-cam scales a map to [0, 1] and then enlarges it; its highest pixel is then below 1. We scale last, so "
        "that the highest pixel shows whole.",
        on_coarse_maps,
        0.02,
        same=False,
    ),
    *(
        Comparison(
            name,
            "torchcam",
            f"DeletionInsertionMetric {name}_auc",
            UNTIED,
            "Inputs in which 0 is black, 20 steps; both ends in both.",
            on_black(ours, CURVES, f"{name}_auc", without_ties),
            1e-5,
        )
        for name, ours in (("deletion", Deletion("zero")), ("insertion", Insertion("zero")))
    ),
    Comparison(
        "deletion",
        "torchcam",
        "DeletionInsertionMetric deletion_auc",
        "8 constant maps",
        "torch-cam takes equal pixels in reading order: a sweep from the top. Ours takes them by chance, from a seed.",
        on_black(Deletion("zero"), CURVES, "deletion_auc", constant),
        0.05,
        same=False,
    ),
]
