"""Notes beside the table: controls that are not compared, rankings that disagree, unsure models, few images."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from vitxplain.evaluation.table.comparison import Comparison
from vitxplain.evaluation.table.method_scores import MethodScores
from vitxplain.evaluation.table.rows import Row
from vitxplain.metrics.base import Metric
from vitxplain.metrics.pixels import PixelMetric
from vitxplain.metrics.pointing_game import PointingGame

FEW: Final = 20  # images
SHOWN: Final = 5  # methods of an order


def notes(
    rows: Sequence[Row],
    comparisons: Sequence[Comparison],
    methods: Sequence[MethodScores],
    metrics: Mapping[str, Metric],
) -> tuple[str, ...]:
    """Where controls are not compared, models were not sure, choices rank differently, and images are few."""
    blind = [name for name, metric in metrics.items() if metric.blind_wins]
    texts = [
        f"{name}: a map that does not look at the image does best, so controls are not compared." for name in blind
    ]
    rankings = disagreements(rows, comparisons, metrics)
    return *texts, *_unsure(methods, metrics), *_shared(methods, metrics), *rankings, *_few(methods)


def disagreements(
    rows: Sequence[Row], comparisons: Sequence[Comparison], metrics: Mapping[str, Metric]
) -> tuple[str, ...]:
    """A sentence for each model and metric whose choices rank the methods differently; rows come the best first."""
    families: dict[str, list[str]] = {}
    for name, metric in metrics.items():
        if metric.better != "neither":
            families.setdefault(name.partition(":")[0], []).append(name)
    texts = []
    for family, names in families.items():
        for model in dict.fromkeys(row.model for row in rows):
            orders = {
                name: [row.method for row in rows if (row.model, row.metric, row.control) == (model, name, False)]
                for name in names
            }
            if len({tuple(order) for order in orders.values() if order}) > 1:
                listed = "; ".join(f"{name}: {_listed(order)}" for name, order in orders.items())
                decided = _decided(model, names, comparisons)
                texts.append(f"{model}: {family} ranks the methods differently. {listed}.{decided}")
    return tuple(texts)


def _listed(order: Sequence[str]) -> str:
    return " > ".join(order[:SHOWN]) + (" > ..." if len(order) > SHOWN else "")


def _decided(model: str, names: Sequence[str], comparisons: Sequence[Comparison]) -> str:
    """Whether two of the choices name different winners of one pair, each by more than chance."""
    winners: dict[frozenset[str], set[str]] = {}
    for comparison in comparisons:
        first, second, winner = comparison.first, comparison.second, comparison.winner
        if comparison.metric in names and winner and first[0] == second[0] == model:
            winners.setdefault(frozenset({first[1], second[1]}), set()).add(winner[1])
    turned = [" and ".join(sorted(pair)) for pair, methods in winners.items() if len(methods) > 1]
    if turned:
        return f" By more than chance both ways: {', '.join(turned[:SHOWN])}."
    return " No pair is decided both ways by more than chance."


def _unsure(methods: Sequence[MethodScores], metrics: Mapping[str, Metric]) -> Iterator[str]:
    """How often a model marked nothing, where maps are cut only if it is sure."""
    names = [name for name, metric in metrics.items() if isinstance(metric, PixelMetric) and metric.certainty]
    if not names:
        return
    for model in dict.fromkeys(method.model for method in methods):
        counted = [method.counts(names[0]) for method in methods if method.model == model]
        every = {subject for counts in counted for subject in counts}
        marked = {subject for counts in counted for subject, pixels in counts.items() if sum(pixels[:2])}
        if every and not marked:
            yield f"{model}: was sure of no image, so nothing is marked anywhere."
        elif len(marked) < len(every):
            yield f"{model}: nothing is marked on {len(every - marked):,} of {len(every):,} images."


def _shared(methods: Sequence[MethodScores], metrics: Mapping[str, Metric]) -> Iterator[str]:
    """How many maps have several highest pixels, of which only some hit, so that a mean is no count of hits."""
    for name in (name for name, metric in metrics.items() if isinstance(metric, PointingGame)):
        scores = [score for method in methods if not method.control for score in method.scores(name).values()]
        if shares := sum(0 < score < 1 for score in scores):
            maps = f"{shares:,} of {len(scores):,} maps {'has' if shares == 1 else 'have'}"
            yield (
                f"{name}: {maps} several pixels that are equally high, some on the object and some beside it; of those "
                "the share on the object counts, so that a mean need not be a whole number of hits."
            )


def _few(methods: Sequence[MethodScores]) -> Iterator[str]:
    images = len({image for method in methods for image, _ in method.subjects})
    if images < FEW:
        yield f"{images} {'image is' if images == 1 else 'images are'} few: intervals of so few are too narrow."
