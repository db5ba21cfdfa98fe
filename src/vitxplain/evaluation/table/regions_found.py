"""How many of the true regions of the images a model found, and which are left out: only found ones have a map."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from vitxplain.evaluation.regions.answer import ImageAnswer, State
from vitxplain.evaluation.regions.match import MATCHED
from vitxplain.evaluation.regions.truth import Truth
from vitxplain.evaluation.table.clusters import cluster_mean
from vitxplain.metrics.intervals import Interval
from vitxplain.words import counted, percent

NAMED = 5  # classes in a sentence


@dataclass(frozen=True)
class RegionsFound:
    """What a model found of what there is.

    `found_count` of `count` regions in `images` images, `probability` the mean of how sure it is of those, with an
    interval over images; `best_missed` is the largest overlap with one that was missed, `share` the mean part of the
    image in which a map is to lie, None where earlier scores do not say.
    """

    model: str
    truth: Truth
    images: int
    count: int
    found_count: int
    probability: Interval
    best_missed: float | None
    share: float | None

    def __str__(self) -> str:
        mean, low, high = self.probability
        sure = f", and gives them {mean:.2f} [{low:.2f}, {high:.2f}]" if self.found_count else ""
        return (
            f"{self.model}: finds {self.found_count:,} of {_counted(self.count, self.truth)} in "
            f"{counted(self.images, 'image')}{self._how}{sure}{self._size}"
        )

    @property
    def _how(self) -> str:
        conditions = [f"overlap {MATCHED:g} or more"] if self.truth.noun == "object" else []
        conditions += [] if self.truth.min_score is None else [f"score {self.truth.min_score:g} or more"]
        return f" ({', '.join(conditions)})" if conditions else ""

    @property
    def _size(self) -> str:
        what = {"box": "boxes fill", "mask": "masks fill", "found": "where it finds them is"}[self.truth.against]
        return "" if self.share is None else f"; {what} {percent(self.share)} of an image on average"

    def note(self) -> str | None:
        """That most are not among the maps, if so."""
        if 2 * self.found_count >= self.count:
            return None
        return (
            f"{self.model} misses {self.count - self.found_count:,} of {_counted(self.count, self.truth)}: the table "
            "is about those that are easiest for it."
        )

    def record(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "images": self.images,
            self.truth.nouns: self.count,
            "found": self.found_count,
            "missed": self.count - self.found_count,
            "probability": self.probability.mean,
            "probability_low": self.probability.low,
            "probability_high": self.probability.high,
            "best_overlap_missed": self.best_missed,
            "share": self.share,
        }


def regions_found(model: str, truth: Truth, answers: Sequence[ImageAnswer]) -> RegionsFound:
    """Of one model, over the images it was asked about."""
    countable = [
        (answer.image, region) for answer in answers for region in answer.regions if region.state in ("found", "missed")
    ]
    scores = {(image, region.region): region.score or 0.0 for image, region in countable if region.state == "found"}
    missed = [region.overlap for _, region in countable if region.state == "missed" and region.overlap is not None]
    images = {image for image, _ in countable}
    shares = [region.share for _, region in countable if region.state == "found" and region.share is not None]
    return RegionsFound(
        model,
        truth,
        len(images),
        len(countable),
        len(scores),
        cluster_mean(scores),
        max(missed, default=None),
        fmean(shares) if shares and len(shares) == len(scores) else None,
    )


def left_out_notes(model: str, truth: Truth, answers: Sequence[ImageAnswer]) -> list[str]:
    """What of the truth is not scored, and why, each a sentence."""
    counts: dict[State, Counter[str]] = {}
    for answer in answers:
        for region in answer.regions:
            counts.setdefault(region.state, Counter())[region.class_name] += 1
    why: Mapping[State, str] = {
        "missed": f"not found{' with enough overlap' if truth.noun == 'object' else ''}",
        "no such class": "the model has no such class",
        "does not count": "marked as a crowd or too difficult",
        "no mask": "known by a box alone",
    }
    return [
        f"{model}: {_counted(counts[state].total(), truth)} left out: {reason} ({_some(counts[state])})."
        for state, reason in why.items()
        if state in counts
    ]


def nothing_found(regions: RegionsFound) -> str:
    """Why there is not one map, for a message."""
    if not regions.count:
        return f"{regions.model}: the images have no {regions.truth.noun} of a class that it has."
    best = (
        "nothing of their classes" if regions.best_missed is None else f"the best overlap is {regions.best_missed:.2f}"
    )
    needed = f", and {MATCHED:g} is needed" if regions.best_missed is not None else ""
    return f"{regions.model} finds none of {_counted(regions.count, regions.truth)}: {best}{needed}."


def _some(counts: Counter[str]) -> str:
    named = ", ".join(f"{name}: {count:,}" for name, count in counts.most_common(NAMED))
    return named + (f" and {len(counts) - NAMED} more" if len(counts) > NAMED else "")


def _counted(number: int, truth: Truth) -> str:
    return counted(number, truth.noun, truth.nouns)
