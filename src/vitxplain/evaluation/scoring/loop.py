"""The scoring loop: the images of a data set, batch by batch, each handed over with the maps that are asked of it."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from vitxplain.capture.undisturbed import undisturbed
from vitxplain.data.readable import readable
from vitxplain.data.sample import DataSet, Sample
from vitxplain.evaluation.maps.map_source import MapSource, Outcomes, ScoredMap
from vitxplain.evaluation.plan.entries import Entry
from vitxplain.evaluation.regions.answer import ImageAnswer
from vitxplain.evaluation.regions.map_request import MapRequest
from vitxplain.metrics.base import Case, Metric
from vitxplain.processes import shared_state

MethodMetrics: TypeAlias = Mapping[str, Mapping[str, Metric]]  # by method, then by metric


class Questions(ABC):
    """What is asked of each image."""

    @abstractmethod
    def regions(self, image: str) -> Sequence[str] | None:
        """What of the image is explained, as far as an earlier run knows: its class has no name; None: not known."""

    @abstractmethod
    def metrics(self, image: str, region: str) -> MethodMetrics:
        """Those of each method that are to be scored."""

    def answer(self, answer: ImageAnswer) -> None:  # noqa: B027
        """Hear what became of the true regions of an image; who does not care does nothing."""


@dataclass(frozen=True, eq=False)
class ExplainedSample:
    """One request with its maps by method, or why there is none, and the metrics asked of each.

    Of a method without metrics here other images of the batch had some.
    """

    request: MapRequest
    maps: Mapping[str, ScoredMap | Exception]
    metrics: MethodMetrics

    def case(self, method: str, map_source: MapSource) -> Case:
        """What metrics see of the map of a method, which there must be."""
        scored_map, request = self.maps[method], self.request
        if isinstance(scored_map, Exception):
            raise scored_map
        return Case(
            scored_map.heat.astype(np.float64),
            request.sample.image,
            request.mask,
            map_source.subject(method, request.target) if request.target else None,
            request.description.probability if request.description else None,
        )


def explain_samples(
    entry: Entry,
    samples: DataSet,
    batch_size: int,
    questions: Questions,
    score: Callable[[Sequence[ExplainedSample]], Iterable[ExplainedSample]],
    *,
    done: Callable[[int], object] = lambda _: None,
    skip: Callable[[str], None] = lambda _: None,
) -> None:
    """Call `score` with everything of a batch of which a metric is asked; it gives back what it is done with.

    `done` hears how many images more are done, of which one may take minutes, and `skip` of images that cannot be
    read. Of several processes each takes its share of the images.
    """
    share = share_of(samples)
    for start in range(0, len(share), batch_size):
        part = share[start : start + batch_size]
        batch = [sample for _, sample in readable(samples, lambda _, error: skip(str(error)), part)]
        with undisturbed(entry.model.module) if entry.model else nullcontext():
            explained_samples = list(_explain_batch(entry, batch, samples, questions))
            missing = Counter(_image(explained_sample) for explained_sample in explained_samples)
            if others := len(part) - len(missing):
                done(others)
            for explained_sample in score(explained_samples):
                missing[_image(explained_sample)] -= 1
                if not missing[_image(explained_sample)]:
                    done(1)


def share_of(samples: DataSet) -> range:
    """The images of this process."""
    state = shared_state()
    return range(state.process_index, len(samples), state.num_processes)


def _explain_batch(
    entry: Entry, batch: Sequence[Sample], data: DataSet, questions: Questions
) -> Iterator[ExplainedSample]:
    batch = [sample for sample in batch if _has_questions(sample.name, questions)]
    if not batch:
        return
    requests, answers = entry.requests(batch, data)
    for answer in answers:
        questions.answer(answer)
    metrics = {id(request): questions.metrics(request.sample.name, request.region) for request in requests}
    requests = [request for request in requests if any(metrics[id(request)].values())]
    if not requests:
        return
    maps: Outcomes = {}
    for map_source in entry.map_sources:
        if names := [name for name in map_source.names if any(metrics[id(request)][name] for request in requests)]:
            maps |= map_source.maps(names, requests)
    for index, request in enumerate(requests):
        request_maps = {name: outcomes[index] for name, outcomes in maps.items()}
        yield ExplainedSample(request, request_maps, metrics[id(request)])


def _image(explained_sample: ExplainedSample) -> str:
    return explained_sample.request.sample.name


def _has_questions(image: str, questions: Questions) -> bool:
    regions = questions.regions(image)
    return regions is None or any(any(questions.metrics(image, region).values()) for region in regions)
