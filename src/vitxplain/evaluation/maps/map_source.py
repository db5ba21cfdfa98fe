"""MapSource: a model's methods, or controls that ask no model; another tool's files are in stored_maps.py."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby
from typing import Any, TypeAlias

import numpy as np
from PIL import Image

from vitxplain.api import explain_together
from vitxplain.evaluation.maps.model_queries import ModelQueries, control_queries, method_queries
from vitxplain.evaluation.regions.map_request import MapRequest
from vitxplain.explainers.base import Explainer
from vitxplain.explanation.explanation import Explanation
from vitxplain.metrics.base import Heat
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.base import Target
from vitxplain.tasks.targets.several import Several


@dataclass(frozen=True, eq=False)
class ScoredMap:
    """A map at the image's pixels, NaN where the model did not look.

    `broken`: some values were no numbers, so that no metric is defined for it; `stretched`: it had other proportions
    than the image.
    """

    heat: Heat = field(repr=False)
    broken: bool = False
    stretched: bool = False


Outcomes: TypeAlias = dict[str, list[ScoredMap | Exception]]


class MapSource(ABC):
    """Makes the maps of one or several methods.

    Attributes:
        control: whether the maps know nothing of the model.
        without: what metrics need (words of `metrics.base`) and these maps lack.
    """

    control: bool = False
    without: frozenset[str] = frozenset()

    @property
    @abstractmethod
    def names(self) -> Sequence[str]:
        """Of the methods."""

    @abstractmethod
    def maps(self, names: Sequence[str], requests: Sequence[MapRequest]) -> Outcomes:
        """By method the map of each request, or why there is none."""

    @abstractmethod
    def subject(self, name: str, target: Target) -> ModelQueries | None:
        """The model that metrics may ask about its maps; None without a model."""

    @abstractmethod
    def facts(self, name: str) -> str:
        """What its maps depend on, in words."""


@dataclass(frozen=True, eq=False)
class MethodMaps(MapSource):
    """The methods of a model; they share passes."""

    model: VisionModel
    explainers: Mapping[str, Explainer]

    @property
    def names(self) -> Sequence[str]:
        return list(self.explainers)

    def maps(self, names: Sequence[str], requests: Sequence[MapRequest]) -> Outcomes:
        try:
            explanations = self._explanations([self.explainers[name] for name in names], requests)
        except Exception as error:
            if len(names) == 1:  # the culprit; alone, so that the others are not lost with it
                return {names[0]: [error] * len(requests)}
            return {name: self.maps([name], requests)[name] for name in names}
        return {name: [_scored_map(explanation) for explanation in explanations[name]] for name in names}

    def _explanations(
        self, explainers: Sequence[Explainer], requests: Sequence[MapRequest]
    ) -> Mapping[str, Sequence[Explanation]]:
        """In the order of the requests; the targets of one image share its pass, and come one after the other."""
        groups = [list(group) for _, group in groupby(requests, key=lambda request: id(request.sample))]
        images, options = [group[0].sample.image for group in groups], {"batch_size": len(groups)}
        if not any(request.region for request in requests):
            indices = [request.description.index for request in requests if request.description]
            return explain_together(self.model, images, explainers, target=indices, **options)
        targets = Several(tuple(tuple(request.target for request in group if request.target) for group in groups))
        of_images: Any = explain_together(self.model, images, explainers, target=targets, **options)
        return {name: list(chain.from_iterable(each_image)) for name, each_image in of_images.items()}

    def subject(self, name: str, target: Target) -> ModelQueries:
        return method_queries(self.model, target, self.explainers[name])

    def facts(self, name: str) -> str:
        return repr(self.explainers[name])


@dataclass(frozen=True, eq=False)
class ControlMaps(MapSource):
    """Controls: maps of the image alone. With a model metrics may ask it about them."""

    controls: Mapping[str, Callable[[Image.Image], Heat]]
    model: VisionModel | None
    control = True

    @property
    def names(self) -> Sequence[str]:
        return list(self.controls)

    def maps(self, names: Sequence[str], requests: Sequence[MapRequest]) -> Outcomes:
        images = {id(request.sample): request.sample.image for request in requests}
        maps = {name: {key: ScoredMap(self.controls[name](image)) for key, image in images.items()} for name in names}
        return {name: [maps[name][id(request.sample)] for request in requests] for name in names}

    def subject(self, name: str, target: Target) -> ModelQueries | None:
        return control_queries(self.model, target, self.controls[name]) if self.model else None

    def facts(self, name: str) -> str:
        return name


def _scored_map(explanation: Explanation) -> ScoredMap:
    return ScoredMap(explanation.heatmap(), not np.isfinite(explanation.values).all())
