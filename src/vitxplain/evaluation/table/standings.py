"""Which methods of a model are best by a metric, or cannot be told from the best."""

from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

from vitxplain.evaluation.table.comparison import Comparison
from vitxplain.evaluation.table.rows import FEWEST, Row

Standing: TypeAlias = Literal["best", "tied"]
Place: TypeAlias = tuple[str, str, str]  # model, method, metric


def standings(rows: Sequence[Row], comparisons: Iterable[Comparison]) -> dict[Place, Standing]:
    """Those that no other method of the model and no control beats by more than chance; rows come the best first.

    Of these the one with the best mean is "best", the others are "tied". A model's only method has no standing, nor
    has one whose metric is defined on fewer images than chance can be judged by.
    """
    beaten = set[Place]()
    for comparison in comparisons:
        if comparison.winner and not comparison.between:
            loser = comparison.second if comparison.winner == comparison.first else comparison.first
            beaten.add((*loser, comparison.metric))
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if not row.control and row.better != "neither":
            groups.setdefault((row.model, row.metric), []).append(row)
    standing_of: dict[Place, Standing] = {}
    for group in groups.values():
        places = [(row.model, row.method, row.metric) for row in group if row.decisive >= FEWEST]
        lost = {(row.model, row.method, row.metric) for row in group if row.verdict == "no"}
        leaders = [place for place in places if place not in beaten | lost] if len(group) > 1 else []
        standing_of |= {place: "tied" if number else "best" for number, place in enumerate(leaders)}
    return standing_of
