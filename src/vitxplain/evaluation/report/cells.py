"""The columns of an evaluation's tables: terminal, Markdown, CSV and JSON all read these lists."""

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Final

from vitxplain.evaluation.report.columns import Column
from vitxplain.evaluation.scoring.cost import Cost
from vitxplain.evaluation.scoring.map_scores import MapScores
from vitxplain.evaluation.table.comparison import Comparison
from vitxplain.evaluation.table.rows import Row
from vitxplain.metrics.intervals import Interval


def better(comparison: Comparison) -> str:
    """Who wins, in words."""
    if comparison.better == "neither":
        return "–"
    pair = (comparison.first, comparison.second)
    return comparison.names[pair.index(comparison.winner)] if comparison.winner else "cannot tell"


def direction(better: str) -> str:
    """Which way is better, in words."""
    return "neither way is better" if better == "neither" else f"{better} is better"


def interval(figure: Interval | None, *, signed: bool = False, places: int = 3) -> str:
    """As `0.71 [0.65, 0.77]`; a dash where nothing is known, nothing where there is no figure.

    Where a difference (`signed`) is not zero by more than chance, none of its numbers is rounded to zero.
    """
    if figure is None:
        return ""
    if figure.mean != figure.mean:
        return "–"
    decided = signed and not figure.low <= 0 <= figure.high
    mean, low, high = (_digits(value, signed, places, decided) for value in figure)
    return f"{mean} [{low}, {high}]"


def short(figure: Interval | None, *, signed: bool = False) -> str:
    """An interval in two decimal places, for the terminal."""
    return interval(figure, signed=signed, places=2)


def method_cell(method: str, *, control: bool) -> str:
    """The method; a control in italics."""
    return f"*{method}* (control)" if control else method


def _digits(value: float, signed: bool, places: int, decided: bool) -> str:
    sign = "+" if signed else ""
    text = f"{value:{sign}.{places}f}"
    if float(text):
        return text
    return f"{value:{sign}.1g}" if decided else f"{0:.{places}f}"


def _count(name: str) -> Column[Row]:
    """How many maps of a row were of a kind that needs a word."""
    return Column(
        keys=(name,),
        value=lambda row: getattr(row, name),
        heading=name,
        cell=lambda row: f"{getattr(row, name):,}",
        optional=True,
        warning=lambda row: f"{getattr(row, name)} {name}" if getattr(row, name) else "",
    )


SCORE_COLUMNS: Final[tuple[Column[Row], ...]] = (
    Column(keys=("model",), value=lambda row: row.model),
    Column(
        keys=("method",),
        value=lambda row: row.method,
        heading="method",
        cell=lambda row: method_cell(row.method, control=row.control),
    ),
    Column(keys=("metric",), value=lambda row: row.metric),
    Column(keys=("better",), value=lambda row: row.better),
    Column(keys=("images",), value=lambda row: row.images),
    Column(keys=("regions",), value=lambda row: row.regions),
    Column(
        keys=("score", "low", "high"),
        value=lambda row: row.score,
        heading="score",
        cell=lambda row: interval(row.score),
        screen_heading="score [95 %]",
        screen_cell=lambda row: short(row.score),
    ),
    Column(
        keys=("pooled", "pooled_low", "pooled_high"),
        value=lambda row: row.pooled,
        heading="pooled",
        cell=lambda row: interval(row.pooled),
        optional=True,
    ),
    Column(
        keys=("threshold",),
        value=lambda row: row.threshold,
        heading="threshold",
        cell=lambda row: "–" if row.threshold is None else f"> {row.threshold:.2f}",
        optional=True,
        remark=lambda row: "" if row.threshold is None else f"> {row.threshold:.2f}",
    ),
    Column(
        keys=("lead", "lead_low", "lead_high"),
        value=lambda row: row.lead,
        heading="lead",
        cell=lambda row: f"{interval(row.lead, signed=True)} over {row.rival}" if row.lead else "",
        screen_heading="lead over the best control",
        screen_cell=lambda row: f"{short(row.lead, signed=True)} {row.rival}" if row.lead else "",
    ),
    Column(keys=("best_control",), value=lambda row: row.rival),
    Column(
        keys=("beats_controls",),
        value=lambda row: row.verdict,
        heading="beats controls",
        cell=lambda row: row.verdict,
        screen_heading="beats controls",
    ),
    Column(heading="images", cell=lambda row: f"{row.images:,}"),
    Column(
        heading="regions",
        value=lambda row: row.regions,
        cell=lambda row: "" if row.regions is None else f"{row.regions:,}",
        optional=True,
    ),
    _count("undefined"),
    _count("constant"),
    _count("broken"),
    _count("stretched"),
    Column(keys=("control",), value=lambda row: row.control),
)

COST_COLUMNS: Final[tuple[Column[Cost], ...]] = (
    Column(
        keys=("model",),
        value=lambda cost: cost.model,
        heading="model",
        cell=lambda cost: cost.model,
        screen_heading="of",
        screen_rank=1,
    ),
    Column(
        keys=("method",),
        value=lambda cost: cost.method,
        heading="method",
        cell=lambda cost: cost.method,
        screen_heading="cost",
    ),
    Column(
        keys=("parameters",),
        value=lambda cost: cost.parameters,
        heading="parameters",
        cell=lambda cost: f"{cost.parameters:,}",
        screen_heading="parameters",
        screen_rank=3,
    ),
    Column(
        keys=("seconds",),
        value=lambda cost: cost.seconds,
        heading="ms an image",
        cell=lambda cost: f"{1000 * cost.seconds:.1f}",
        screen_heading="ms an image",
        screen_rank=2,
    ),
    Column(
        heading="in forward passes",
        cell=lambda cost: f"{cost.ratio:.2f}",
        screen_heading="forward passes",
        screen_rank=2,
    ),
    Column(keys=("forward_seconds",), value=lambda cost: cost.forward_seconds),
    Column(
        keys=("flops",),
        value=lambda cost: cost.flops,
        heading="GFLOPs",
        cell=lambda cost: f"{cost.flops / 1e9:.2f}",
        screen_heading="GFLOPs",
        screen_rank=2,
    ),
    Column(heading="in forward passes", cell=lambda cost: f"{cost.flops / max(cost.forward_flops, 1):.2f}"),
    Column(keys=("forward_flops",), value=lambda cost: cost.forward_flops),
    Column(
        keys=("memory",),
        value=lambda cost: cost.memory,
        heading="MiB",
        cell=lambda cost: "" if cost.memory is None else f"{cost.memory / 2**20:.0f}",
    ),
    Column(keys=("batch_size",), value=lambda cost: cost.batch_size),
    Column(keys=("device",), value=lambda cost: cost.device),
    Column(keys=("ratio",), value=lambda cost: cost.ratio),
)

SUMMARY_COSTS: Final = tuple(
    next(column for column in COST_COLUMNS if column.keys == (key,)) for key in ("parameters", "flops", "seconds")
)


def comparison_columns(models: int) -> tuple[Column[Comparison], ...]:
    """Those of one method against another; with several `models` words name them, too."""
    return (
        Column(
            keys=("metric",),
            value=lambda comparison: comparison.metric,
            heading="metric",
            cell=lambda comparison: comparison.metric,
            screen_heading="metric",
        ),
        Column(
            heading="one over another",
            cell=lambda comparison: comparison.words(models=models),
            screen_heading="one over another",
        ),
        Column(keys=("first",), value=lambda comparison: dict(zip(("model", "method"), comparison.first, strict=True))),
        Column(
            keys=("second",), value=lambda comparison: dict(zip(("model", "method"), comparison.second, strict=True))
        ),
        Column(
            keys=("difference", "low", "high"),
            value=lambda comparison: comparison.difference,
            heading="difference",
            cell=lambda comparison: interval(comparison.difference, signed=True),
            screen_heading="difference",
            screen_cell=lambda comparison: short(comparison.difference, signed=True),
        ),
        Column(keys=("images",), value=lambda comparison: comparison.images),
        Column(keys=("better",), value=better, heading="better", cell=better),
    )


def image_columns(metrics: Iterable[str]) -> list[Column[MapScores]]:
    """Those of images.csv: a map, its scores, and of which kind it was."""
    scores = [Column[MapScores](keys=(name,), value=_score_of(name)) for name in metrics]
    return [
        *_fields("model", "method", "image", "region"),
        *scores,
        *_fields("constant", "broken", "stretched", "control"),
    ]


def _score_of(metric: str) -> Callable[[MapScores], float | None]:
    return lambda map_scores: map_scores.scores.get(metric)


def _fields(*names: str) -> list[Column[MapScores]]:
    return [Column(keys=(name,), value=attrgetter(name)) for name in names]
