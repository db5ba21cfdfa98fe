"""The token that asks: a patch by its place or index, or the class token."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from vitxplain.errors import OptionError, TargetError
from vitxplain.explainers.base import AttentionExplainer, Explainer
from vitxplain.geometry import Box, Geometry
from vitxplain.grid import TokenGrid
from vitxplain.models.offers import PATCH_FEATURES
from vitxplain.models.probing.probe import Probe
from vitxplain.options.checks import check_index
from vitxplain.tasks.base import Target
from vitxplain.tasks.features import NoTarget
from vitxplain.tasks.targets.several import Several

CLASS: Final = "class"
REGISTER: Final = "register:"
_REGISTER: Final = re.compile(rf"{REGISTER}\d+")
_PLACE: Final = re.compile(r"\s*\d+\s*,\s*\d+\s*")


def check_query(query: int | str | None) -> None:
    """Raises:
    OptionError: neither an index, nor "row,column", nor "class", nor "register:0".
    """
    if isinstance(query, str) and not is_beside_patches(query) and not _PLACE.fullmatch(query):
        raise OptionError(
            f'query is {query!r}; it takes "row,column" of a patch, both from 0, or its index, "class" for the class '
            'token, or "register:0" for the first register.'
        )
    if query is not None and not isinstance(query, str):
        check_index("query", query)


def is_beside_patches(query: int | str) -> bool:
    """Whether it names the class token or a register, and no patch."""
    return isinstance(query, str) and (query == CLASS or _REGISTER.fullmatch(query) is not None)


def token_beside_patches(query: int | str, grid: TokenGrid) -> int | None:
    """The index of the class token or register that a query names, among the tokens of a grid; None without it."""
    if query == CLASS:
        return grid.class_token
    number = int(str(query).removeprefix(REGISTER))
    return grid.registers[number] if number < len(grid.registers) else None


def patch_index(query: int | str, rows: int, columns: int) -> int:
    """The patch as row * columns + column; -1 where a grid of this size has none there."""
    if isinstance(query, str):
        row, column = map(int, query.split(","))
        query = row * columns + column if row < rows and column < columns else -1
    return query if query < rows * columns else -1


def asking_token(query: int | str, grid: TokenGrid) -> int:
    """Its index among the tokens of a grid.

    Raises:
        OptionError: there is no such patch, class token or register.
    """
    beside = is_beside_patches(query)
    token = token_beside_patches(query, grid) if beside else patch_index(query, grid.rows, grid.columns)
    if token is None or token < 0:
        raise no_such_token(query, grid)
    return token if beside else grid.num_prefix_tokens + token


def tokens_apart(target: Target) -> list[Target]:
    """Each of several tokens that ask by itself; any other target as it is."""
    if not isinstance(target, Several) or len(target.targets) != 1:
        return [target]
    own = target.targets[0]
    return list(own) if all(isinstance(one, NoTarget) for one in own) else [target]


def with_query(
    explainers: Mapping[str, Explainer], target: Target, probe: Probe, geometry: Geometry
) -> dict[str, Explainer]:
    """The methods with the token that a target names as their `query`; as they are where it names none.

    Raises:
        TargetError: a method asks no single token, or the token is none of this image or model.
    """
    if not isinstance(target, NoTarget) or target.token is None:
        return dict(explainers)
    without = [name for name, explainer in explainers.items() if not hasattr(explainer, "query")]
    if without:
        asking = "raw-attention, attention-rollout or patch-similarity" if probe.layouts else "patch-similarity"
        raise TargetError(
            f"target {target.token!r} is a token that asks, and with {' and '.join(without)} none does; take {asking}."
        )
    if probe.passes is not None and target.point is not None:
        raise TargetError(
            f"target {target.token!r} is a patch, and the model looks at {' and '.join(probe.passes.paths)} several "
            "times or side by side, each with patches of its own; explain that by itself."
        )
    queries = {name: _query(name, target, explainer, probe, geometry) for name, explainer in explainers.items()}
    return {name: replace(explainer, query=queries[name]) for name, explainer in explainers.items()}  # type: ignore[type-var]


def _query(name: str, target: NoTarget, explainer: Explainer, probe: Probe, geometry: Geometry) -> str:
    """The token a target names, as one method takes it."""
    of_features = PATCH_FEATURES in explainer.needs
    layer = getattr(explainer, "layer", None)
    if target.point is not None and of_features and layer is not None:
        raise TargetError(
            f"target {target.token!r} is a patch of the model's last layer, and {name} was given layer={layer}; with "
            f"layer say query=ROW,COLUMN of that layer's own map ({name}.query=ROW,COLUMN at the command line)."
        )
    grid = asking_grid(explainer, probe)
    if grid is None:
        raise TargetError(f"target {target.token!r} is a token, and the model has no grid of tokens.")
    return target.query(grid, geometry, probe.view)


def asking_grid(explainer: Explainer, probe: Probe) -> TokenGrid | None:
    """The patches that a method's `query` counts: of the layer of features, or those that ask in the last attention."""
    if PATCH_FEATURES in explainer.needs:
        return probe.feature_grid
    kinds = explainer.kinds - {"pooling"} if isinstance(explainer, AttentionExplainer) else frozenset()
    grids = (layout.asking for layout in reversed(probe.layouts) if layout.kind in kinds)
    return next((grid for grid in grids if grid is not None), probe.grid)


def asking_box(explainer: Explainer, probe: Probe, geometry: Geometry) -> Box | None:
    """The patch of the original image that a method's `query` names, in its pixels; None where it names none.

    Nor where the image lies otherwise within the network, or the query counts on the map of a layer of its own.
    """
    query, layer = getattr(explainer, "query", None), getattr(explainer, "layer", None)
    grid = asking_grid(explainer, probe)
    of_own_layer = layer is not None and PATCH_FEATURES in explainer.needs
    if query is None or grid is None or of_own_layer or probe.view is not None or probe.passes is not None:
        return None
    patch = -1 if is_beside_patches(query) else patch_index(query, grid.rows, grid.columns)
    if patch < 0:
        return None
    row, column = divmod(patch, grid.columns)
    (height, width), (down, across) = geometry.input_size, grid.patch_size
    left, top = column * across / width, row * down / height
    return geometry.on_image((left, top, left + across / width, top + down / height))


def no_such_token(query: int | str | None, grid: TokenGrid) -> OptionError:
    """The error for a query that no token of the grid is."""
    if query == CLASS:
        beside = f", only {grid.num_prefix_tokens} others beside its patches" if grid.num_prefix_tokens else ""
        return OptionError(
            f"query 'class' asks the class token, and this model has none that could be told{beside}; leave query out "
            "for the tokens the model's output is read from, or name a patch."
        )
    if query is not None and is_beside_patches(query):
        count = len(grid.registers)
        has = f"this model has {count}, register:0 to register:{count - 1}" if count else "this model has none"
        return OptionError(f"query {query!r} asks a register, and {has}.")
    return OptionError(
        f"query {query!r} asks nothing there: the model's last grid has {grid.rows} x {grid.columns} patches, "
        f"row,column from 0,0 to {grid.rows - 1},{grid.columns - 1}."
    )
