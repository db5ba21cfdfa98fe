"""The maps of one model, batch by batch, each scored by the metrics that are still missing."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from accelerate import PartialState

from vitxplain.api import explain_together
from vitxplain.capture.undisturbed import undisturbed
from vitxplain.data.damaged import readable
from vitxplain.data.sample import DataSet, Sample
from vitxplain.evaluation.lines import Line
from vitxplain.evaluation.store import Store
from vitxplain.evaluation.subjects import AskedModel, by_control, by_method
from vitxplain.explainers.base import Explainer
from vitxplain.inputs import batches
from vitxplain.metrics.base import Case, Heat, Metric
from vitxplain.metrics.controls import CONTROLS
from vitxplain.metrics.pixels import PixelMetric
from vitxplain.models.vision_model import VisionModel


def scored(
    called: str,
    model: VisionModel,
    explainers: Mapping[str, Explainer],
    metrics: Mapping[str, Metric],
    samples: DataSet,
    store: Store,
    batch_size: int,
    skipped: list[str],
) -> Iterable[tuple[list[Line], int]]:
    """The lines of each batch that are still missing, and how many images it had."""
    state = PartialState()
    mine = range(state.process_index, len(samples), state.num_processes)
    for start in range(0, len(mine), batch_size):
        part = mine[start : start + batch_size]
        batch = dict(readable(samples, lambda _, error: skipped.append(str(error)), part))
        lines: list[Line] = []
        missing = {
            index: store.missing(called, [*explainers, *CONTROLS], sample.name, metrics)
            for index, sample in batch.items()
        }
        open_ = {index: sample for index, sample in batch.items() if any(missing[index].values())}
        if open_:
            lines = _of_batch(called, model, explainers, metrics, open_, missing)
        yield lines, len(part)


def _of_batch(
    called: str,
    model: VisionModel,
    explainers: Mapping[str, Explainer],
    metrics: Mapping[str, Metric],
    batch: Mapping[int, Sample],
    missing: Mapping[int, Mapping[str, Sequence[str]]],
) -> list[Line]:
    images = [sample.image for sample in batch.values()]
    targets = predicted(model, images)
    asked = [one for name, one in explainers.items() if any(missing[index][name] for index in batch)]
    maps = explain_together(model, images, asked, target=targets) if asked else {}
    lines = []
    for place, (index, sample) in enumerate(batch.items()):
        for name in [*explainers, *CONTROLS]:
            if not (wanted := {metric: metrics[metric] for metric in missing[index][name]}):
                continue
            if name in explainers:
                heat, subject = maps[name][place].heatmap(), by_method(model, targets[place], explainers[name])
            else:
                heat, subject = CONTROLS[name](sample.image), by_control(model, targets[place], CONTROLS[name])
            lines.append(_line(called, name, sample, heat, subject, wanted))
    return lines


def _line(
    called: str, name: str, sample: Sample, heat: Heat, subject: AskedModel, metrics: Mapping[str, Metric]
) -> Line:
    known = sample.mask is not None or sample.boxes is not None
    case = Case(heat.astype(np.float64), sample.image, sample.object_mask() if known else None, subject)
    seen = heat[np.isfinite(heat)]
    with undisturbed(subject.model.module):
        scores = {metric: float(one.score(case)) for metric, one in metrics.items()}
    counts = {metric: one.counts(case) for metric, one in metrics.items() if isinstance(one, PixelMetric)}
    constant = not seen.size or bool(seen.min() == seen.max())
    return Line(called, name, sample.name, scores, counts, constant, control=name in CONTROLS)


def predicted(model: VisionModel, images: Sequence[Any]) -> list[int]:
    """The top class of each image."""
    found: dict[int, int] = {}
    with undisturbed(model.module), torch.inference_mode():
        for batch in batches(model.processor, list(images), len(images)):
            found |= zip(batch.positions, model.logits(batch.pixel_values).argmax(-1).tolist(), strict=True)
    return [found[position] for position in range(len(images))]
