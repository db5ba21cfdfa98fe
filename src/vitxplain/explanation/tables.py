"""Explanations as rows and named arrays, for those who count and plot with other libraries."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from vitxplain.errors import UsageError
from vitxplain.files.tables import csv_bytes
from vitxplain.words import short_name

if TYPE_CHECKING:
    from vitxplain.explanation.explanation import Explanation

Row: TypeAlias = dict[str, Any]

# A row's cells; heat is that of the heat map, its box the one around the largest region above one half, in pixels.
COLUMNS: Final = (
    *("input", "method", "model", "target", "target_index", "target_score", "predicted", "predicted_score"),
    *("mean_heat", "share_above_half", "left", "top", "right", "bottom", "seconds"),
)


def row_of(explanation: "Explanation") -> Row:
    """What is known of one map, by column; None where it does not apply."""
    target, top, facts = explanation.target, explanation.prediction, explanation.provenance
    best = explanation.detections[0] if explanation.detections else None
    names = [best.name, best.score] if best else [top.names[0], top.probabilities[0]] if top.names else [None, None]
    cells: list[Any] = [facts.get("input"), explanation.method, (facts.get("model") or {}).get("id")]
    cells += [target.name, target.index, target.probability] if target else [None] * 3
    cells += [*names, *_heat(explanation), facts.get("seconds")]
    return dict(zip(COLUMNS, cells, strict=True))


def _heat(explanation: "Explanation") -> list[Any]:
    if explanation.axes.split()[-2:] != ["row", "column"]:
        return [None] * 6
    heat = explanation.heatmap()
    inside = heat[heat == heat]  # what is not a number the model did not look at
    if not inside.size:
        return [None] * 6
    boxes = explanation.boxes()
    return [
        round(float(inside.mean()), 6),
        round(float((inside > 0.5).mean()), 6),
        *(boxes[0] if boxes else [None] * 4),
    ]


def csv_of(explanations: Iterable["Explanation"]) -> bytes:
    """A table with a row for each, and a head of `COLUMNS`."""
    return csv_of_rows(map(row_of, explanations))


def csv_of_rows(rows: Iterable[Row]) -> bytes:
    """The table of these rows."""
    return csv_bytes(COLUMNS, [row.values() for row in rows])


def to_pandas(explanations: Iterable["Explanation"]) -> Any:
    """The same rows as a pandas.DataFrame.

    Raises:
        UsageError: pandas is not installed.
    """
    try:
        from pandas import DataFrame
    except ImportError as error:
        raise UsageError("a table of pandas needs pandas: pip install pandas") from error
    return DataFrame([row_of(explanation) for explanation in explanations], columns=list(COLUMNS))


def to_xarray(explanation: "Explanation") -> Any:
    """The values with named axes, and numbers along those of layers and heads where all of them are shown.

    Raises:
        UsageError: xarray is not installed.
    """
    try:
        from xarray import DataArray
    except ImportError as error:
        raise UsageError('named arrays need xarray: pip install "vitxplain[xarray]"') from error
    target = explanation.target
    about = f" for {short_name(target.name)}" if target else ""
    names = explanation.axes.split()
    numbered = [name for name in names if name not in ("layer", "head") or explanation.options.get(name) is None]
    return DataArray(
        explanation.values.copy(),
        dims=names,
        coords={name: range(explanation.values.shape[names.index(name)]) for name in numbered},
        name=explanation.method,
        attrs={**explanation.to_dict(), "long_name": f"{explanation.method}{about}"},
    )
