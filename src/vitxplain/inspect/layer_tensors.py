"""LayerTensors: the numbers of one layer as they are stored, made head by head."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal, TypeAlias

import numpy as np

from vitxplain.errors import UsageError
from vitxplain.inspect.layer_form import LayerForm, Side
from vitxplain.inspect.quantiser import quantised

Precision: TypeAlias = Literal["sqrt8", "float16"]
Rows: TypeAlias = Literal["class", "all"]
Extent: TypeAlias = tuple[float, float]  # (height, width) in pixels of what the grid covers

PRECISIONS: Final = ("sqrt8", "float16")
ROWS: Final = ("class", "all")
STATISTICS: Final = ("distance", "entropy", "to_class", "to_itself")
MOST_ROW_SUM: Final = 1.01  # what half precision may make of 1


@dataclass(frozen=True, eq=False)
class LayerTensors:
    """What is stored of one layer: tensors by their names in the file, and (head, statistic)."""

    form: LayerForm
    rows: Rows
    precision: Precision
    tensors: dict[str, np.ndarray] = field(repr=False)
    statistics: np.ndarray = field(repr=False)


def layer_tensors(
    form: LayerForm, heads: Iterable[np.ndarray], *, extent: Extent, precision: Precision, rows: Rows
) -> LayerTensors:
    """The layer, of its heads' (query, key), each of which is let go before the next is asked for.

    Raises:
        UsageError: they are no attention: negative, not finite, or rows that sum to more than one.
    """
    shape = _stored_shape(form)
    whole = np.empty((form.heads, *shape), np.uint8 if precision == "sqrt8" else np.float16) if rows == "all" else None
    peaks = np.empty((form.heads, shape[0]), np.float32)
    row_levels = np.empty((form.heads, form.keys.count), np.uint8)
    row_peaks = np.empty(form.heads, np.float32)
    statistics = np.empty((form.heads, len(STATISTICS)), np.float32)
    for number, head in enumerate(heads):
        head = np.asarray(head, np.float32)
        check_attention(head, f"head {number} of {form.title or form.path or f'layer {form.number}'}")
        row_levels[number], row_peaks[number] = quantised(default_row(form, head))
        statistics[number] = head_statistics(form, head, extent)
        if whole is not None and precision == "sqrt8":
            whole[number], peaks[number] = quantised(head)
        elif whole is not None:
            whole[number] = head
    end = form.tensor
    tensors: dict[str, np.ndarray] = {f"rows.{end}": row_levels, f"row_peaks.{end}": row_peaks}
    if whole is not None:
        tensors[f"attention.{end}"] = whole
        if precision == "sqrt8":
            tensors[f"peaks.{end}"] = peaks
    if form.windows is not None:
        tensors[f"windows.{end}"] = form.windows.astype(np.int32)
    return LayerTensors(form, rows, precision, tensors, statistics)


def default_row(form: LayerForm, head: np.ndarray) -> np.ndarray:
    """What the class token attends to, else the mean of all patches (where there are none, of all that ask)."""
    if form.windows is not None:
        return _stitched_mean(form, head)
    if form.reads_class:
        return head[form.queries.class_token]
    return head[form.queries.patches].mean(0)


def head_statistics(form: LayerForm, head: np.ndarray, extent: Extent) -> np.ndarray:
    """The `STATISTICS` of one head, means over the patches that ask; NaN where one has no meaning.

    `distance` is in the pixels of `extent`; `entropy`, in nats, and `distance` are those of the attention among
    patches made to sum to one, as in the method head-distance.
    """
    queries, keys = form.queries, form.keys
    nothing = np.full(len(STATISTICS), np.nan, np.float32)
    if queries.grid is None or keys.grid is None or form.windows is not None:
        return nothing
    asking = head[queries.patches]
    among = asking[:, keys.patches]
    mass = among.sum(1)
    shares = np.divide(among, mass[:, None], out=np.zeros_like(among), where=mass[:, None] > 0)
    distance = np.einsum("qk,qk->q", shares, distances(queries.grid, keys.grid, extent)).mean()
    logarithms = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    entropy = -np.einsum("qk,qk->q", shares, logarithms).mean()
    to_class = asking[:, keys.class_token].mean() if keys.class_token is not None else np.nan
    to_itself = np.diagonal(among).mean() if queries.grid == keys.grid else np.nan
    return np.array([distance, entropy, to_class, to_itself], np.float32)


@lru_cache(maxsize=8)
def distances(asking: tuple[int, int], keys: tuple[int, int], extent: Extent) -> np.ndarray:
    """From the centre of each place of one grid to that of each of another over the same area: (query, key)."""
    (y, x), (other_y, other_x) = _centres(asking, extent), _centres(keys, extent)
    return np.hypot(y[:, None] - other_y, x[:, None] - other_x).astype(np.float32)


def even_distance(side: Side, extent: Extent) -> float | None:
    """The mean distance of attention to all patches alike; None where there are none."""
    return None if side.grid is None else float(distances(side.grid, side.grid, extent).mean())


def check_attention(head: np.ndarray, where: str) -> None:
    """Raises:
    UsageError: these are no weights after a softmax.
    """
    if not np.isfinite(head).all():
        raise UsageError(f"{where} holds NaN or infinity, which is no attention; look at how it was computed.")
    if head.min(initial=0.0) < 0:
        raise UsageError(f"{where} holds {head.min():.3g}; attention is not negative: give the weights after softmax.")
    if (largest := float(head.sum(-1).max(initial=0.0))) > MOST_ROW_SUM:
        raise UsageError(
            f"a row of {where} sums to {largest:.4g}; attention sums to one: give the weights after softmax, with the "
            "keys as last axis."
        )


def _stored_shape(form: LayerForm) -> tuple[int, int]:
    if form.windows is None:
        return form.queries.count, form.keys.count
    return form.windows.size, form.windows.shape[1]


def _stitched_mean(form: LayerForm, head: np.ndarray) -> np.ndarray:
    """The mean of all places that ask, laid on the grid: a place is asked within its own window alone."""
    windows = form.windows
    assert windows is not None  # noqa: S101
    there = windows >= 0  # the rest is padding
    by_window = head.reshape(*windows.shape, windows.shape[1])
    totals = np.einsum("wqk,wq->wk", by_window, there)
    row = np.zeros(form.keys.count, np.float32)
    row[windows[there]] = totals[there] / there.sum()
    return row


def _centres(grid: tuple[int, int], extent: Extent) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = grid
    y, x = np.mgrid[:rows, :columns]
    return (y.ravel() + 0.5) * extent[0] / rows, (x.ravel() + 0.5) * extent[1] / columns
