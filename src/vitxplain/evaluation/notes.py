"""What a reader of the table must know, said beside it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from vitxplain.evaluation.comparison import Comparison
from vitxplain.evaluation.lines import Line
from vitxplain.evaluation.rankings import disagreements
from vitxplain.evaluation.rows import Row
from vitxplain.metrics.base import Metric
from vitxplain.metrics.pixels import PixelMetric

FEW: Final = 20  # images


def notes(
    rows: Sequence[Row], comparisons: Sequence[Comparison], lines: Sequence[Line], metrics: Mapping[str, Metric]
) -> tuple[str, ...]:
    """Where controls are not compared, models were not sure, choices rank differently, and images are few."""
    blind = [name for name, metric in metrics.items() if metric.blind_wins]
    said = [f"{name}: a map that does not look at the image does best, so controls are not compared." for name in blind]
    return *said, *_unsure(lines, metrics), *disagreements(rows, comparisons, metrics), *_few(lines)


def _few(lines: Sequence[Line]) -> Iterator[str]:
    images = len({line.image for line in lines})
    if images < FEW:
        yield f"{images} {'image is' if images == 1 else 'images are'} few: intervals of so few are too narrow."


def _unsure(lines: Sequence[Line], metrics: Mapping[str, Metric]) -> Iterator[str]:
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
