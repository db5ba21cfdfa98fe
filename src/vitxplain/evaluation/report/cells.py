"""What a cell of an evaluation's tables says."""

from vitxplain.evaluation.table.comparison import Comparison
from vitxplain.metrics.intervals import Interval

COUNTS = ("undefined", "constant", "broken", "stretched")


def better(one: Comparison) -> str:
    """Who wins, in words."""
    if one.better == "neither":
        return "–"
    return one.names[(one.first, one.second).index(one.winner)] if one.winner else "cannot tell"


def direction(better: str) -> str:
    """Which way is better, in words."""
    return "neither way is better" if better == "neither" else f"{better} is better"


def interval(found: Interval, *, signed: bool = False, places: int = 3) -> str:
    """As `0.71 [0.65, 0.77]`; a dash where nothing is known.

    Where a difference (`signed`) is not zero by more than chance, none of its numbers is rounded to zero.
    """
    if found.mean != found.mean:
        return "–"
    decided = signed and not found.low <= 0 <= found.high
    mean, low, high = (_digits(value, signed, places, decided) for value in found)
    return f"{mean} [{low}, {high}]"


def _digits(value: float, signed: bool, places: int, decided: bool) -> str:
    sign = "+" if signed else ""
    text = f"{value:{sign}.{places}f}"
    if float(text):
        return text
    return f"{value:{sign}.1g}" if decided else f"{0:.{places}f}"
