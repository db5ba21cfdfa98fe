"""What a reader of the table must know, said beside it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from vitxplain.evaluation.scoring.map_scores import MapScores
from vitxplain.evaluation.table.comparison import Comparison
from vitxplain.evaluation.table.rows import Row
from vitxplain.metrics.base import Metric
from vitxplain.metrics.pixels import PixelMetric

FEW: Final = 20  # images


def notes(
    rows: Sequence[Row], comparisons: Sequence[Comparison], lines: Sequence[MapScores], metrics: Mapping[str, Metric]
) -> tuple[str, ...]:
    """Where controls are not compared, models were not sure, choices rank differently, and images are few."""
    blind = [name for name, metric in metrics.items() if metric.blind_wins]
    said = [f"{name}: a map that does not look at the image does best, so controls are not compared." for name in blind]
    return *said, *_unsure(lines, metrics), *disagreements(rows, comparisons, metrics), *_few(lines)


def _few(lines: Sequence[MapScores]) -> Iterator[str]:
    images = len({line.image for line in lines})
    if images < FEW:
        yield f"{images} {'image is' if images == 1 else 'images are'} few: intervals of so few are too narrow."


def _unsure(lines: Sequence[MapScores], metrics: Mapping[str, Metric]) -> Iterator[str]:
    """How often a model marked nothing, where maps are cut only if it is sure."""
    names = [name for name, metric in metrics.items() if isinstance(metric, PixelMetric) and metric.certainty]
    for model in dict.fromkeys(line.model for line in lines) if names else ():
        counted = [line for line in lines if line.model == model and names[0] in line.counts]
        every = {line.image for line in counted}
        marked = {line.image for line in counted if sum(line.counts[names[0]][:2])}
        if every and not marked:
            yield f"{model}: was sure of no image, so nothing is marked anywhere."
        elif len(marked) < len(every):
            yield f"{model}: nothing is marked on {len(every - marked):,} of {len(every):,} images."


SHOWN = 5  # methods of one order


def disagreements(
    rows: Sequence[Row], comparisons: Sequence[Comparison], metrics: Mapping[str, Metric]
) -> tuple[str, ...]:
    """A sentence for each model and metric whose choices rank the methods differently; rows come the best first."""
    families: dict[str, list[str]] = {}
    for name, metric in metrics.items():
        if metric.better != "neither":
            families.setdefault(name.partition(":")[0], []).append(name)
    said = []
    for family, names in families.items():
        for model in dict.fromkeys(row.model for row in rows):
            orders = {
                name: [row.method for row in rows if (row.model, row.metric, row.control) == (model, name, False)]
                for name in names
            }
            if len({tuple(order) for order in orders.values() if order}) > 1:
                told = "; ".join(f"{name}: {_listed(order)}" for name, order in orders.items())
                said.append(
                    f"{model}: {family} ranks the methods differently. {told}.{_decided(model, names, comparisons)}"
                )
    return tuple(said)


def _listed(order: Sequence[str]) -> str:
    return " > ".join(order[:SHOWN]) + (" > ..." if len(order) > SHOWN else "")


def _decided(model: str, names: Sequence[str], comparisons: Sequence[Comparison]) -> str:
    """Whether two of the choices name different winners of one pair, each by more than chance."""
    winners: dict[frozenset[str], set[str]] = {}
    for one in comparisons:
        if one.metric in names and one.winner and one.first[0] == one.second[0] == model:
            winners.setdefault(frozenset({one.first[1], one.second[1]}), set()).add(one.winner[1])
    turned = [" and ".join(sorted(pair)) for pair, won in winners.items() if len(won) > 1]
    if turned:
        return f" By more than chance both ways: {', '.join(turned[:SHOWN])}."
    return " No pair is decided both ways by more than chance."
