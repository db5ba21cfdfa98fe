"""The scoring loop: the images of a data set, batch by batch, each handed over with the maps that are asked of it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from accelerate import PartialState

from vitxplain.capture.undisturbed import undisturbed
from vitxplain.data.readable import readable
from vitxplain.data.sample import DataSet, Sample
from vitxplain.evaluation.maps.map_source import MapSource, Outcomes, ScoredMap
from vitxplain.evaluation.maps.targets import ExplainedClass, targets_of
from vitxplain.evaluation.plan.entries import Entry
from vitxplain.metrics.base import Case, Metric

MethodMetrics: TypeAlias = Mapping[str, Mapping[str, Metric]]  # by method, then by metric


@dataclass(frozen=True, eq=False)
class ExplainedSample:
    """One image with its maps by method, or why there is none, and the metrics asked of each.

    Of a method without metrics here other images of the batch had some. Without a model no class is explained.
    """

    sample: Sample
    maps: Mapping[str, ScoredMap | Exception]
    metrics: MethodMetrics
    explained_class: ExplainedClass | None

    def case(self, method: str, map_source: MapSource) -> Case:
        """What metrics see of the map of a method, which there must be."""
        scored_map, sample, explained = self.maps[method], self.sample, self.explained_class
        if isinstance(scored_map, Exception):
            raise scored_map
        has_mask = sample.mask is not None or sample.boxes is not None
        return Case(
            scored_map.heat.astype(np.float64),
            sample.image,
            sample.object_mask() if has_mask else None,
            map_source.subject(method, explained.target) if explained else None,
            explained.description.probability if explained else None,
        )


def explain_samples(
    entry: Entry,
    samples: DataSet,
    batch_size: int,
    metrics_of: Callable[[Sample], MethodMetrics],
    score: Callable[[ExplainedSample], object],
    skip: Callable[[str], None] = lambda _: None,
) -> Iterator[int]:
    """Call `score` with every image of which a metric is asked; after each batch how many images it took.

    `skip` hears of images that cannot be read. Of several processes each takes its share of the images.
    """
    state = PartialState()
    share = range(state.process_index, len(samples), state.num_processes)
    for start in range(0, len(share), batch_size):
        part = share[start : start + batch_size]
        batch = [sample for _, sample in readable(samples, lambda _, error: skip(str(error)), part)]
        with undisturbed(entry.model.module) if entry.model else nullcontext():
            for explained_sample in _explain_batch(entry, batch, metrics_of):
                score(explained_sample)
        yield len(part)


def _explain_batch(
    entry: Entry, batch: list[Sample], metrics_of: Callable[[Sample], MethodMetrics]
) -> Iterator[ExplainedSample]:
    metrics = {sample.name: metrics_of(sample) for sample in batch}
    batch = [sample for sample in batch if any(metrics[sample.name].values())]
    if not batch:
        return
    classes = targets_of(entry.model, batch, positive=entry.positive) if entry.model else []
    maps: Outcomes = {}
    for map_source in entry.map_sources:
        if names := [name for name in map_source.names if any(metrics[sample.name][name] for sample in batch)]:
            maps |= map_source.maps(names, batch, classes)
    for index, sample in enumerate(batch):
        sample_maps = {name: outcomes[index] for name, outcomes in maps.items()}
        yield ExplainedSample(sample, sample_maps, metrics[sample.name], classes[index] if classes else None)
