"""Metrics of Quantus and torch-cam beside ours on the same maps, for benchmarks/evaluation.py.

They are given the maps, which we make within the time where the model is asked. All have the images of the model's own
size with pixels in [0, 1], whole arrays at once, as many steps, and black for what is taken away.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import quantus
import torch
from torch import Tensor, nn
from torchcam.metrics import ClassificationMetric, DeletionInsertionMetric

from vitxplain import evaluate, explain
from vitxplain.data.sample import DataSet
from vitxplain.metrics.base import Case, Metric
from vitxplain.metrics.confidence import AverageDrop, Increase
from vitxplain.metrics.controls import CONTROLS
from vitxplain.metrics.deletion import Deletion
from vitxplain.metrics.entropy import Entropy
from vitxplain.metrics.insertion import Insertion
from vitxplain.metrics.mass_accuracy import MassAccuracy
from vitxplain.metrics.pointing_game import PointingGame
from vitxplain.metrics.rank_accuracy import RankAccuracy
from vitxplain.metrics.sparseness import Sparseness

STEPS = 21  # 20, which is ours, divides no 224 x 224 pixels evenly, as Quantus asks
ROUNDS = 3  # of what takes no pass; the fastest counts
TOGETHER = 32  # maps that torch-cam is given at once, as many as its own batches have
OF_MAPS: dict[str, tuple[Metric, str]] = {  # by our name, with Quantus' own
    "pointing-game": (PointingGame(), "PointingGame"),
    "mass-accuracy": (MassAccuracy(), "RelevanceMassAccuracy"),
    "rank-accuracy": (RankAccuracy(), "RelevanceRankAccuracy"),
    "sparseness": (Sparseness(), "Sparseness"),
    "entropy": (Entropy(), "Complexity"),
}
Row: TypeAlias = dict[str, Any]


class Logits(nn.Module):
    """What others take for a model: a tensor in, a tensor out."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, pixel_values: Tensor) -> Tensor:
        return self.module(pixel_values).logits


@dataclass(frozen=True)
class Given:
    """All maps with their images, as arrays."""

    cases: Sequence[Case]
    classes: Sequence[int]
    pixels: np.ndarray
    heats: np.ndarray
    masks: np.ndarray


@dataclass(frozen=True)
class GivenMaps:
    """Stands where torch-cam has a CAM extractor, and gives it the maps that we score."""

    model: nn.Module
    maps: Tensor

    def __call__(self, *_: object) -> list[Tensor]:
        return [self.maps]

    def fuse_cams(self, maps: Sequence[Tensor]) -> Tensor:
        return maps[0].clone()

    def _hooks_off(self) -> AbstractContextManager[None]:
        return nullcontext()


def compared(model: Any, data: DataSet) -> list[Row]:
    """One row for what of ours is laid beside what of theirs, in maps a second."""
    given, module = _given(model, data), Logits(model.module).eval()
    asked = {
        "deletion": ([Deletion("zero", STEPS)], "Quantus", "PixelFlipping", partial(_pixel_flipping, module)),
        "deletion and insertion": (
            [Deletion("zero", STEPS), Insertion("zero", STEPS)],
            "torch-cam",
            "DeletionInsertionMetric",
            partial(_torch_cam, module, DeletionInsertionMetric, steps=STEPS),
        ),
        "average-drop and increase": (
            [AverageDrop(), Increase()],
            "torch-cam",
            "ClassificationMetric",
            partial(_torch_cam, module, ClassificationMetric),
        ),
    }
    rows = []
    for name, (metrics, library, called, theirs) in asked.items():
        evaluation, ours_seconds = _timed(partial(evaluate, model, data, "grad-cam", metrics))
        lines = list(evaluation.map_scores)
        ours = [float(np.mean([line.scores[metric] for line in lines])) for metric in evaluation.metrics]
        if library == "Quantus":  # which has no point for the whole image
            ours = [float(np.mean([list(line.curves[name])[1:] for line in lines], (0, 1))[1])]
        found, theirs_seconds = _timed(partial(theirs, given))
        rows.append(_row(name, library, called, len(lines) / ours_seconds, len(lines) / theirs_seconds, ours, found))
    for name, (metric, called) in OF_MAPS.items():
        scored, ours_seconds = _fastest(lambda metric=metric: [metric.score(case) for case in given.cases])
        found, theirs_seconds = _fastest(partial(_quantus, module, getattr(quantus, called), given))
        rates = len(given.cases) / ours_seconds, len(given.cases) / theirs_seconds
        rows.append(_row(name, "Quantus", called, *rates, [float(np.mean(scored))], [float(np.mean(found))]))
    return rows


def _row(
    metric: str, library: str, called: str, ours: float, theirs: float, scores: list[float], others: list[float]
) -> Row:
    difference = max(abs(one - other) for one, other in zip(scores, others, strict=True))
    print(
        f"{metric:26}{ours:10.1f} maps/s, {library} {called} {theirs:.1f}; scores differ by {difference:.1g}",
        flush=True,
    )
    return {
        "metric": metric,
        "library": library,
        "called": called,
        "maps a second": ours,
        "theirs": theirs,
        "difference": difference,
    }


def _given(model: Any, data: DataSet) -> Given:
    cases, classes = [], []
    for sample in data:
        explanation = explain(model, sample.image, "grad-cam")
        for heat in (explanation.heatmap(), *(control(sample.image) for control in CONTROLS.values())):
            scaled = (heat - heat.min()) / np.ptp(heat)  # as ours are when an image is seen through them
            cases.append(Case(scaled.astype(np.float64), sample.image, sample.mask))
            classes.append(int(explanation.target.index))
    pixels = [np.moveaxis(np.asarray(case.image.convert("RGB"), np.float32) / 255, -1, 0) for case in cases]
    heats, masks = [case.heat[None] for case in cases], [case.known_mask[None] for case in cases]
    return Given(cases, classes, np.stack(pixels), np.stack(heats), np.stack(masks))


def _quantus(module: nn.Module, kind: Callable[..., Any], given: Given, **options: Any) -> list[Any]:
    scores: list[Any] = kind(disable_warnings=True, **options)(
        model=module,
        x_batch=given.pixels,
        y_batch=np.array(given.classes),
        a_batch=given.heats,
        s_batch=given.masks,
        channel_first=True,
        softmax=True,
        device="cpu",
    )
    return scores


def _pixel_flipping(module: nn.Module, given: Given) -> list[float]:
    size = given.pixels[0].size // STEPS
    curves = _quantus(module, quantus.PixelFlipping, given, features_in_step=size, perturb_baseline=0.0)
    return [float(np.mean(curves))]


def _torch_cam(module: nn.Module, kind: Callable[..., Any], given: Given, **options: Any) -> list[float]:
    sums = np.zeros(2)
    for start in range(0, len(given.cases), TOGETHER):
        some = slice(start, start + TOGETHER)
        maps = GivenMaps(module, torch.from_numpy(given.heats[some, 0]).float())
        metric = kind(maps, partial(torch.softmax, dim=-1), **options)
        metric.update(torch.from_numpy(given.pixels[some]), list(given.classes[some]))
        sums += len(given.cases[some]) * np.array(list(metric.summary().values()))
    return (sums / len(given.cases)).tolist()


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.process_time()
    done = work()
    return done, time.process_time() - start


def _fastest(work: Callable[[], Any]) -> tuple[Any, float]:
    rounds = [_timed(work) for _ in range(ROUNDS)]
    return rounds[0][0], min(seconds for _, seconds in rounds)
