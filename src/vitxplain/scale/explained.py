"""The rows of each shard: images prepared ahead, explained together, and one by one where that fails."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from vitxplain.api import explain_prepared
from vitxplain.errors import UsageError, describe
from vitxplain.explanation.explanation import Explanation
from vitxplain.scale.attempt import Outcomes, attempt, distinct, is_of_all_images
from vitxplain.scale.chosen import Chosen
from vitxplain.scale.listing import Listing
from vitxplain.scale.plan import places_in
from vitxplain.scale.prepare import Prepared
from vitxplain.scale.shards import Row, failed_row, row
from vitxplain.scale.wanted import of_images

Advance: TypeAlias = Callable[[int], None]


@dataclass(frozen=True)
class Part:
    """Images that run together."""

    shard: int
    places: range
    ends: bool  # the shard


def parts_of(shards: Iterable[int], images: int, size: int) -> list[Part]:
    """Those of the shards of so many images in all, one after the other."""
    return [
        Part(shard, places[start : start + size], start + size >= len(places))
        for shard in shards
        for places in [places_in(shard, images)]
        for start in range(0, len(places), size)
    ]


@dataclass(frozen=True, eq=False)
class Job:
    """What is explained by what, the images' names, and the parts they run in, of which some are prepared already."""

    chosen: Chosen
    images: Listing
    parts: Sequence[Part]
    prepared: Iterable[Prepared]


@dataclass(frozen=True, eq=False)
class ExplainedPart:
    """What came of images that ran together; `names` are those that samples of a data set have of their own."""

    part: Part
    outcomes: Outcomes[int]
    names: Mapping[int, str]

    def first_maps(self) -> dict[str, Explanation]:
        """One of each method that made any."""
        made: dict[str, Explanation] = {}
        for number in self.part.places:
            for name, of_method in self.outcomes[number].items():
                for outcome in of_method:
                    if not isinstance(outcome, Exception):
                        made.setdefault(name, outcome[0])
        return made


@dataclass(frozen=True, eq=False)
class ExplainedShard:
    """The rows by method, and by path why an image could not be explained."""

    shard: int
    rows: dict[str, list[Row]]
    failed: dict[str, str] = field(default_factory=dict)


def explained_parts(job: Job) -> Iterator[ExplainedPart]:
    """One after the other.

    Raises:
        UsageError: an option or target is wrong for all images alike.
    """
    for part, prepared in zip(job.parts, job.prepared, strict=True):
        yield ExplainedPart(part, outcomes_of(job.chosen, prepared), prepared.names)


def explained_shards(job: Job, parts: Iterable[ExplainedPart], advance: Advance) -> Iterator[ExplainedShard]:
    """Those of the parts, one after the other; `advance` is called with the number of images after each part."""
    made = ExplainedShard(-1, {})
    for explained in parts:
        part = explained.part
        if part.shard != made.shard:
            made = ExplainedShard(part.shard, {name: [] for name in job.chosen.explainers})
        for number in part.places:
            _add(made, explained.names.get(number, job.images.names[number]), explained.outcomes[number])
        advance(len(part.places))
        if part.ends:
            yield made


def _add(made: ExplainedShard, path: str, outcomes: dict[str, list[tuple[Explanation, str] | Exception]]) -> None:
    for name, of_method in outcomes.items():
        for outcome in of_method:
            if isinstance(outcome, Exception):
                made.failed[path] = describe(outcome)
                made.rows[name].append(failed_row(path, name, made.failed[path]))
            else:
                made.rows[name].append(row(path, outcome[0]))


def outcomes_of(chosen: Chosen, prepared: Prepared) -> Outcomes[int]:
    """What came of each image: all at once, and only where that fails one by one.

    Methods that take something of all images of a call take it of each image alone: no map depends on its neighbours.
    """
    model, explainers, wanted = chosen
    outcomes: Outcomes[int] = {}
    for number, error in prepared.errors.items():
        outcomes[number] = {name: [error] for name in explainers}
    places = list(prepared.originals)
    if not places:
        return outcomes
    spelled = of_images(wanted, model, len(places))
    try:
        if not prepared.batches:
            raise UsageError("the processor takes not all of the images")
        methods = list(explainers.values())
        made = explain_prepared(model, prepared.batches, len(places), methods, target=spelled, top_k=1)
    except Exception:
        for number in places:
            single = {number: prepared.originals[number]}
            outcomes |= attempt(model, explainers, single, wanted, {"top_k": 1, "batch_size": 1})
        made_alone = [outcome for of_image in outcomes.values() for several in of_image.values() for outcome in several]
        for outcome in made_alone:
            if isinstance(outcome, Exception) and is_of_all_images(outcome, model):
                raise outcome from None
        return outcomes
    for position, number in enumerate(places):
        of_image = {name: made[name][position] for name in explainers}
        outcomes[number] = {
            name: [(several[place], "") for place in distinct(several, [""] * len(several))]
            for name, several in of_image.items()
        }
    return outcomes
