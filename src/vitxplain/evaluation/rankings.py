"""One metric with several choices, as deletion with two baselines: whether they put the methods in another order."""

from collections.abc import Mapping, Sequence

from vitxplain.evaluation.comparison import Comparison
from vitxplain.evaluation.rows import Row
from vitxplain.metrics.base import Metric

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
