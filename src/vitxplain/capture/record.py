"""AttentionRecord: one layer's attention, computed on request; windows stitched to the image."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Literal, TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor

from vitxplain.capture.deformable.reference import reference
from vitxplain.capture.deformable.weights import DeformableWeights
from vitxplain.capture.layout import AttentionLayout, Patches
from vitxplain.capture.weight_gradients import WeightGradients
from vitxplain.capture.weights import Weights, mean_of
from vitxplain.grid import TokenGrid
from vitxplain.types import Attention, TokenMatrix

Fusion: TypeAlias = Literal["mean", "max", "min"]


@dataclass(frozen=True, eq=False)
class AttentionRecord:
    """Post-softmax attention of one layer, fp32, rows summing to one (to less in deformable attention).

    Nothing is computed before it is asked for, while the layer runs, and nothing is kept.
    `gradients` (of the target's raw logit) is there only in a pass that asked for attention gradients.
    """

    layer: int  # position among the records of its kind, first layer 0
    layout: AttentionLayout
    source: Weights
    source_gradients: WeightGradients | None = None

    @property
    def grid(self) -> TokenGrid:
        """The tokens that are keys."""
        if self.layout.grid is None:
            raise ValueError(f"{self.layout.describe()} has no token grid")
        return self.layout.grid

    @property
    def weights(self) -> Attention:
        """All weights, (batch, head, query, key); windows, if any, are folded into the batch axis, batch-major."""
        return self._canonical(self.source.full())

    @property
    def gradients(self) -> Attention:
        """Gradient of the target's raw logit with respect to `weights`."""
        return self._canonical(self._gradients.full())

    @property
    def _gradients(self) -> WeightGradients:
        if self.source_gradients is None:
            raise ValueError('no gradients in this pass: the method must name "attention_gradients" in `needs`')
        return self.source_gradients

    def rows(self, queries: Sequence[int]) -> Float[Tensor, "batch head query key"]:
        """The weights of some queries (token indices) only; far cheaper than all."""
        return self._canonical(self.source.rows(queries))

    def heads(self) -> Iterator[TokenMatrix]:
        """One head's (batch, query, key) at a time; others may read the same tensor, so it is not to be changed."""
        axis = self._head_axis
        return iter(self.weights.unbind(1)) if axis is None else self.source.slices(axis)

    def heads_with_gradients(self) -> Iterator[tuple[TokenMatrix, TokenMatrix]]:
        """One head's weights and their gradient, each (batch, query, key), at a time."""
        axis = self._head_axis
        if axis is None:
            return zip(self.weights.unbind(1), self.gradients.unbind(1), strict=True)
        return self._gradients.slices(axis)

    def positive_products(self) -> TokenMatrix:
        """The mean over heads of the positive part of weights x gradient."""
        axis = self._head_axis
        if axis is None:
            return (self.weights * self.gradients).relu().mean(1)
        return self._gradients.positive_products(axis)

    @property
    def values(self) -> Float[Tensor, "batch key channel"] | None:
        """What the weights mix, all heads' channels side by side; None where its axes are not those of the weights."""
        value = self.source.value
        if self.layout.num_windows > 1 or value.shape[:-1] != (*self.source.shape[:-2], self.source.shape[-1]):
            return None
        return self._canonical(value.float()).transpose(1, 2).flatten(2)

    @property
    def _head_axis(self) -> int | None:
        """The call's axis of heads, where what is left without it is (batch, query, key); None elsewhere."""
        names = self.layout.axes.split()
        others = [name for name in names if name != "head"]
        alone = "head" in names and others in (["batch", "query", "key"], ["batch*window", "query", "key"])
        return names.index("head") if alone else None

    def fuse_heads(self, how: Fusion) -> TokenMatrix:
        """One matrix an image: the mean, max or min over heads, accumulated head by head."""
        axis = self._head_axis
        if how == "mean":
            return self.source.mean(axis) if axis is not None else mean_of(self.heads(), self.layout.heads)
        return reduce(torch.maximum if how == "max" else torch.minimum, self.heads())

    @property
    def asking_grid(self) -> tuple[int, int]:
        """(rows, columns) of the patches that ask; (0, 0) if none do."""
        asking = self.layout.asking
        return (asking.rows, asking.columns) if asking is not None else (0, 0)

    def patch_rows(self, query: int | None = None) -> Float[Tensor, "batch head row column"]:
        """Attention on the patches, laid out on the grid, unscaled; windows are stitched, shifts undone.

        `query` is an index on `asking_grid` (row * columns + column); None asks the readout tokens and averages them
        (the class token where there is one, else every patch).
        """
        if self.layout.kind == "window":
            return stitch(self, query)
        grid = self.grid
        if self.layout.num_queries == self.layout.num_keys:
            queries = grid.readout_tokens if query is None else (grid.num_prefix_tokens + query,)
            rows = self.weights if len(queries) == self.layout.num_queries else self.rows(queries)
        else:  # pooled keys, or one learned query: the query axis has its own tokens
            before = self.layout.asking.num_prefix_tokens if self.layout.asking is not None else 0
            rows = self.weights if query is None else self.rows((before + query,))
        return grid.to_map(rows.mean(2))

    def image_rows(self, queries: Sequence[int]) -> Float[Tensor, "batch head query row column"]:
        """What some queries (token indices) attend to on the image, whoever they are, as fine as the finest level.

        Unscaled: a query's map sums to its attention to places of the image. `level_rows` keeps levels apart.
        """
        return self._patches.to_map(self.rows(queries))

    def level_rows(self, queries: Sequence[int]) -> list[Float[Tensor, "batch head query row column"]]:
        """What some queries (token indices) attend to on each level of feature maps, unscaled."""
        return self._patches.level_maps(self.rows(queries))

    def sampling(
        self, queries: Sequence[int]
    ) -> tuple[Float[Tensor, "batch head query point 2"], Float[Tensor, "batch head query point"]]:
        """Where some queries of deformable attention read, and how much each point weighs; level after level.

        x and y are parts of the model's input, 0 its left or upper edge and 1 the other one; points may lie outside.
        """
        source = self._deformable
        points = torch.cat([level.points(queries) for level in source.levels], 2)
        by_head = (-1, self.layout.heads)
        weights = source.point_weights[:, list(queries)].float()
        return points.unflatten(0, by_head), weights.unflatten(0, by_head)

    @property
    def points_of_levels(self) -> tuple[int, ...]:
        """How many of the points of `sampling` are on each level, in their order."""
        return self._deformable.num_points

    def references(self, queries: Sequence[int]) -> Float[Tensor, "batch query 4"] | None:
        """The boxes (centre x, y, width, height) that the sampling points of some queries lie around; points: no sides.

        In shares of the model's input, as `sampling`; None where the module that attends is given none.
        """
        boxes = reference(self._deformable.references)
        return None if boxes is None else boxes[:, list(queries)]

    @property
    def _deformable(self) -> DeformableWeights:
        if not isinstance(self.source, DeformableWeights):
            raise ValueError(f"{self.layout.describe()} is not deformable: it has no sampling points")
        return self.source

    @property
    def _patches(self) -> Patches:
        patches = self.layout.key_tokens
        if not isinstance(patches, Patches) or self.layout.num_windows > 1:
            raise ValueError(f"{self.layout.describe()} does not ask places of the image in their order")
        return patches

    def class_rows(self) -> Float[Tensor, "batch head row column"] | None:
        """What the class token attends to on the grid, unscaled; None where no class token asks."""
        grid = self.layout.grid
        if grid is None or grid.class_token is None:
            return None
        if self.layout.kind == "pooling":  # it alone asks
            return grid.to_map(self.weights.mean(2))
        return self.token_rows(grid.class_token)

    def token_rows(self, token: int) -> Float[Tensor, "batch head row column"] | None:
        """What a token beside the patches attends to on the grid, unscaled; None where it does not ask."""
        grid, asking = self.layout.grid, self.layout.asking
        if grid is None or self.layout.kind == "pooling":
            return None
        if self.layout.num_queries != self.layout.num_keys and (asking is None or token >= asking.num_prefix_tokens):
            return None
        return grid.to_map(self.rows((token,)).mean(2))

    def _canonical(self, raw: Tensor) -> Attention:
        return canonical(raw, self.layout)


def canonical(raw: Tensor, layout: AttentionLayout) -> Float[Tensor, "batch head first second"]:
    """The call's own leading axes to (batch, head), windows folded into batch; the last two axes stay."""
    names = layout.axes.split()
    for position, name in reversed(list(enumerate(names))):
        parts = name.split("*")
        sizes = {"batch": -1, "head": layout.heads, "window": layout.num_windows}
        if len(parts) > 1:
            raw = raw.unflatten(position, [sizes[part] for part in parts])
            names[position : position + 1] = parts
    order = [names.index(name) for name in ("batch", "window", "head") if name in names]
    raw = raw.permute(*order, -2, -1)
    if "head" not in names:
        raw = raw.unsqueeze(-3)
    return raw.flatten(0, 1) if "window" in names else raw


def stitch(record: "AttentionRecord", query: int | None) -> Float[Tensor, "batch head row column"]:
    """What the windows' queries, averaged, or one query patch attend to, on the whole grid.

    A patch is a key of its own window alone, so the windows tile the map. With one `query` the map is zero outside
    its window.
    """
    placement, grid = record.layout.placement, record.grid
    if placement is None:
        raise ValueError(f"{record.layout.describe()}: where its windows lie was not found")
    placement = placement.to(record.source.value.device)
    weights = record.weights.unflatten(0, (-1, record.layout.num_windows))  # batch window head query key
    real = placement >= 0  # the rest is padding
    if record.layout.num_queries != record.layout.num_keys:
        asking = torch.ones(len(placement), record.layout.num_queries, device=weights.device)
    elif query is None:
        asking = real.to(weights.dtype)
    else:
        asking = (placement == query).to(weights.dtype)
    if query is None and grid.shown is not None and asking.shape == placement.shape:  # padding asks nothing
        on_image = torch.tensor([not grid.is_padding(patch) for patch in range(grid.num_patches)])
        asking = asking * on_image.to(asking)[placement.clamp_min(0)]
    share = asking / asking.sum(1, keepdim=True).clamp_min(1)
    rows = torch.einsum("bwhqk,wq->bhwk", weights, share)
    flat = rows.new_zeros(*rows.shape[:2], grid.num_patches)
    flat[:, :, placement[real]] = rows[:, :, real]
    return flat.unflatten(-1, (grid.rows, grid.columns))
