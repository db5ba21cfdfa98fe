"""Curves of several maps at once: the model sees full batches, and what several curves ask of it once."""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TypeAlias

import numpy as np
from jaxtyping import Float
from PIL import Image

from vitxplain.evaluation.maps.map_source import ScoredMap
from vitxplain.evaluation.maps.model_queries import ModelQueries, outputs_of
from vitxplain.evaluation.plan.entries import Entry
from vitxplain.evaluation.scoring.loop import ExplainedSample
from vitxplain.metrics.base import Case
from vitxplain.metrics.curve import ChangesMetric, Steps
from vitxplain.models.processors.batches import BATCH_SIZE
from vitxplain.models.vision_model import VisionModel

Key: TypeAlias = tuple[int, str, str]  # the identity of an explained sample, method, metric
StepCurve: TypeAlias = Float[np.ndarray, "step 2"]
SharedCurves: TypeAlias = dict[Key, StepCurve]
Known: TypeAlias = tuple[int, str, bytes]  # of which explained sample, the question, the digest of the image


@dataclass(eq=False)
class _CurveAnswers:
    """What the model said so far about the steps of one curve."""

    key: Key
    steps: Steps
    queries: ModelQueries
    responses: dict[int, float] = field(default_factory=dict)

    def curve(self) -> StepCurve | None:
        """The whole of it; None where an answer is missing."""
        if len(self.responses) < len(self.steps.shares):
            return None
        heights = [self.responses[number] for number in range(len(self.steps.shares))]
        return np.stack([np.asarray(self.steps.shares), np.asarray(heights)], 1).astype(np.float64)


@dataclass(frozen=True, eq=False)
class _Step:
    """One changed image of a curve; `shared_key` is under what its answer is kept for other curves."""

    answers: _CurveAnswers
    number: int
    image: Image.Image
    shared_key: Known | None


def shared_curves(
    entry: Entry, explained_samples: Sequence[ExplainedSample]
) -> Iterator[tuple[ExplainedSample, SharedCurves]]:
    """Each of a batch with the curves of its maps by metrics that say which changed images they are about.

    It comes as soon as the model was asked about all of its steps, which are asked in full batches: those of many steps
    do not wait for one another, and those of few share a batch.

    Of the two points of a confidence metric the first is the image itself, which is asked about once.

    What is missing, because a plugin or the model failed, is to be asked alone: then it is known whose fault it is.
    """
    if entry.model is None:
        yield from ((explained_sample, {}) for explained_sample in explained_samples)
        return
    curves: SharedCurves = {}
    rest = deque(explained_samples)
    answers_kept: dict[Known, float] = {}
    waiting: list[_Step] = []
    alike: dict[Known, list[_Step]] = {}  # steps whose answer is that of one that waits
    begun: list[_CurveAnswers] = []
    for step in _steps(entry, explained_samples):
        if step.answers not in begun:
            begun.append(step.answers)
        if step.shared_key in answers_kept:
            step.answers.responses[step.number] = answers_kept[step.shared_key]
            continue
        if step.shared_key in alike:
            alike[step.shared_key].append(step)
            continue
        if step.shared_key is not None:
            alike[step.shared_key] = []
        waiting.append(step)
        if len(waiting) == BATCH_SIZE:
            _ask_together(entry.model, waiting, alike, answers_kept)
            begun = _finished_put(begun, curves)
            while id(rest[0]) != step.answers.key[0]:
                yield rest.popleft(), curves
    _ask_together(entry.model, waiting, alike, answers_kept)
    _finished_put(begun, curves)
    yield from ((explained_sample, curves) for explained_sample in rest)


def _ask_together(
    model: VisionModel, waiting: list[_Step], alike: dict[Known, list[_Step]], answers_kept: dict[Known, float]
) -> None:
    """Ask about what waits, and give the answers to what is alike, too; nothing waits any more."""
    if waiting:
        _ask(model, waiting, answers_kept)
    for shared_key, steps in alike.items():
        for step in steps if shared_key in answers_kept else ():
            step.answers.responses[step.number] = answers_kept[shared_key]
    waiting.clear()
    alike.clear()


def _finished_put(begun: Sequence[_CurveAnswers], curves: SharedCurves) -> list[_CurveAnswers]:
    """Put the curves that are whole among the others; the rest."""
    rest = []
    for answers in begun:
        if (curve := answers.curve()) is None:
            rest.append(answers)
        else:
            curves[answers.key] = curve
    return rest


def _steps(entry: Entry, explained_samples: Sequence[ExplainedSample]) -> Iterator[_Step]:
    """Of all curves, one after the other; an image is made when its turn comes."""
    methods = entry.methods()
    for explained_sample in explained_samples:
        for method, scored_map in explained_sample.maps.items():
            if not isinstance(scored_map, ScoredMap) or scored_map.broken or not np.isfinite(scored_map.heat).any():
                continue
            metrics = explained_sample.metrics[method]
            changing = {name: metric for name, metric in metrics.items() if isinstance(metric, ChangesMetric)}
            if not changing:
                continue
            case = explained_sample.case(method, methods[method])
            if isinstance(case.subject, ModelQueries):
                for name, metric in changing.items():
                    yield from _steps_of((id(explained_sample), method, name), metric, case, case.subject)


def _steps_of(key: Key, metric: ChangesMetric, case: Case, queries: ModelQueries) -> Iterator[_Step]:
    try:
        steps = metric.changes(case)
        answers, last = _CurveAnswers(key, steps, queries), len(steps.shares) - 1
        for number, image in enumerate(steps.images):
            # The first and the last are mostly those of every map of the image.
            shared_key = (key[0], steps.question, _digest(image)) if number in (0, last) else None
            yield _Step(answers, number, image, shared_key)
    except Exception:  # noqa: S110 - asked alone it says what is wrong
        pass


def _digest(image: Image.Image) -> bytes:
    return blake2b(image.tobytes(), digest_size=16).digest()


def _ask(model: VisionModel, steps: Sequence[_Step], answers_kept: dict[Known, float]) -> None:
    """Give each step the model's answer; none gets one where the model fails."""
    try:
        for positions, outputs in outputs_of(model, [step.image for step in steps]):
            rows: dict[_CurveAnswers, list[int]] = defaultdict(list)
            for row, position in enumerate(positions):
                rows[steps[position].answers].append(row)
            for answers, of_curve in rows.items():
                own = {role: tensor[of_curve] for role, tensor in outputs.items()}
                image = steps[positions[of_curve[0]]].image
                responses = (
                    answers.queries.presence(own)
                    if answers.steps.question == "probabilities"
                    else answers.queries.kept(own, (image.height, image.width))
                )
                for row, response in zip(of_curve, responses, strict=True):
                    step = steps[positions[row]]
                    answers.responses[step.number] = float(response)
                    if step.shared_key is not None:
                        answers_kept[step.shared_key] = float(response)
    except Exception:  # asked alone, each says what is wrong
        return
