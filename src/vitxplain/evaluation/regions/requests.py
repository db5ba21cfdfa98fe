"""What is explained of each image for a model that finds things: the true regions that it found."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from vitxplain.data.sample import DataSet, ExactBox, Mask, Sample
from vitxplain.evaluation.regions.answer import ImageAnswer, RegionAnswer, State
from vitxplain.evaluation.regions.map_request import MapRequest
from vitxplain.evaluation.regions.match import NO_MATCH, Match, matches
from vitxplain.evaluation.regions.truth import TrueRegion, Truth, boxed
from vitxplain.geometry import Geometry
from vitxplain.models.processors.batches import batches
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.base import TaskOutputs
from vitxplain.tasks.detected import Detected, mask_of, on_image
from vitxplain.tasks.finder import Finder
from vitxplain.tasks.leaves import detached
from vitxplain.tasks.spelling import Spelling
from vitxplain.tasks.targets.per_image import row


@dataclass(frozen=True, eq=False)
class RegionAnswers:
    """The requests of some images, one for each true region that was found, and what became of all true regions."""

    requests: list[MapRequest]
    answers: list[ImageAnswer]


@dataclass(frozen=True, eq=False)
class _Findings:
    """What a model found in one image."""

    model: VisionModel
    finder: Finder
    outputs: TaskOutputs = field(repr=False)
    geometry: Geometry
    detections: Sequence[Detected]

    @classmethod
    def of(cls, model: VisionModel, outputs: TaskOutputs, geometry: Geometry) -> "_Findings":
        finder = model.task
        if not isinstance(finder, Finder):
            raise TypeError(f"a model for {model.task.name} finds nothing in an image")
        return cls(model, finder, outputs, geometry, finder.find(outputs, geometry, model.labels))

    def mask(self, number: int) -> Mask:
        """Where one of them is, in pixels of the image: its region, of what has a box alone its box."""
        detected = self.detections[number]
        if detected.mask is None and detected.box is not None:
            return boxed(ExactBox(*detected.box), self.geometry.image_size)
        return on_image(mask_of(detected), self.geometry)

    def request(self, number: int, sample: Sample, mask: Mask, region: str) -> MapRequest:
        """About one of the things that were found; the target is a constant."""
        labels, spelling = self.model.labels, Spelling(f"{number}", number=number)
        (target,) = self.finder.choose(spelling, self.outputs, self.detections, self.geometry, labels)
        probabilities = self.model.task.probabilities(self.outputs)
        (description,) = target.describe(self.outputs, probabilities, labels)
        return MapRequest(sample, mask, target, description, region=region)


def region_requests(
    name: str, model: VisionModel, samples: Sequence[Sample], data: DataSet, truth: Truth
) -> RegionAnswers:
    """Of a model called `name`, in the order of the samples."""
    images, findings = [sample.image for sample in samples], dict[int, _Findings]()
    for batch in batches(model.processor, images, len(images)):
        of_batch = model.on_part(batch.part)
        with torch.inference_mode():
            outputs = detached(of_batch.outputs(batch.pixel_values))
        for number, position in enumerate(batch.positions):
            frame = of_batch.frame(batch.geometries[number])
            findings[position] = _Findings.of(model, row(outputs, number), frame)
    requests, answers = list[MapRequest](), list[ImageAnswer]()
    for position, sample in enumerate(samples):
        regions = truth.regions(sample, data)
        countable = [region for region in regions if region.index is not None and not region.ignore]
        of_image = findings[position]
        pairs = matches(truth, countable, of_image.detections, of_image.geometry)
        by_region = dict(zip(countable, pairs, strict=True))
        of_regions = list[RegionAnswer]()
        for region in regions:
            match = by_region.get(region, NO_MATCH)
            mask = truth.mask(region, sample, None if match.number is None else of_image.mask(match.number))
            answer = _answer(region, match, mask, of_image, by_found=truth.against == "found")
            of_regions.append(answer)
            if answer.state == "found" and match.number is not None and mask is not None:
                requests.append(of_image.request(match.number, sample, mask, region.name))
        answers.append(ImageAnswer(name, sample.name, tuple(of_regions)))
    return RegionAnswers(requests, answers)


def _answer(
    region: TrueRegion, match: Match, mask: Mask | None, findings: _Findings, *, by_found: bool
) -> RegionAnswer:
    state: State = "missed" if match.number is None else "found"
    if region.index is None:
        state = "no such class"
    elif region.ignore:
        state = "does not count"
    elif mask is None and not by_found:  # there is one of whatever is found
        state = "no mask"
    if match.nearest is None:
        return RegionAnswer(region.name, region.class_name, state)
    score = findings.detections[match.nearest].score
    share = round(float(mask.mean()), 4) if state == "found" and mask is not None else None
    return RegionAnswer(region.name, region.class_name, state, round(match.overlap, 4), round(score, 6), share)
