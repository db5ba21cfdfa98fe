"""The token that asks: a patch by its place or index, or the class token."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from vitxplain.errors import OptionError, TargetError
from vitxplain.explainers.base import Explainer
from vitxplain.geometry import Geometry
from vitxplain.grid import TokenGrid
from vitxplain.options.checks import check_index
from vitxplain.tasks.base import Target
from vitxplain.tasks.features import NoTarget
from vitxplain.tasks.per_image import Several

CLASS: Final = "class"


def check_query(query: int | str | None) -> None:
    """Raises:
    OptionError: neither an index, nor "row,column", nor "class".
    """
    if isinstance(query, str) and query != CLASS and not re.fullmatch(r"\s*\d+\s*,\s*\d+\s*", query):
        raise OptionError(
            f'query is {query!r}; it takes "row,column" of a patch, both from 0, or its index, or "class" for the '
            "class token."
        )
    if query is not None and not isinstance(query, str):
        check_index("query", query)


def patch_index(query: int | str, rows: int, columns: int) -> int:
    """The patch as row * columns + column; -1 where a grid of this size has none there."""
    if isinstance(query, str):
        row, column = map(int, query.split(","))
        query = row * columns + column if row < rows and column < columns else -1
    return query if query < rows * columns else -1


def asking_token(query: int | str, grid: TokenGrid) -> int:
    """Its index among the tokens of a grid.

    Raises:
        OptionError: there is no such patch, or no class token.
    """
    token = grid.class_token if query == CLASS else patch_index(query, grid.rows, grid.columns)
    if token is None or token < 0:
        raise no_such_token(query, grid)
    return token if query == CLASS else grid.num_prefix_tokens + token


def tokens_apart(target: Target) -> list[Target]:
    """Each of several tokens that ask by itself; any other target as it is."""
    if not isinstance(target, Several) or len(target.targets) != 1:
        return [target]
    own = target.targets[0]
    return list(own) if all(isinstance(one, NoTarget) for one in own) else [target]


def with_query(
    explainers: Mapping[str, Explainer], target: Target, grid: TokenGrid | None, geometry: Geometry
) -> dict[str, Explainer]:
    """The methods with the token that a target names as their `query`; as they are where it names none.

    Raises:
        TargetError: a method asks no single token, or the token is none of this image or model.
    """
    if not isinstance(target, NoTarget) or target.token is None:
        return dict(explainers)
    if grid is None:
        raise TargetError(f"target {target.token!r} is a token, and the model has no grid of tokens.")
    without = [name for name, explainer in explainers.items() if not hasattr(explainer, "query")]
    if without:
        raise TargetError(
            f"target {target.token!r} is a token that asks, and with {' and '.join(without)} none does; take "
            "raw-attention or attention-rollout."
        )
    query = target.query(grid, geometry)
    return {name: replace(explainer, query=query) for name, explainer in explainers.items()}  # type: ignore[type-var]


def no_such_token(query: int | str | None, grid: TokenGrid) -> OptionError:
    """The error for a query that no token of the grid is."""
    if query == CLASS:
        beside = f", only {grid.num_prefix_tokens} others beside its patches" if grid.num_prefix_tokens else ""
        return OptionError(
            f"query 'class' asks the class token, and this model has none that could be told{beside}; leave query out "
            "for the tokens the model's output is read from, or name a patch."
        )
    return OptionError(
        f"query {query!r} asks nothing there: the model's last grid has {grid.rows} x {grid.columns} patches, "
        f"row,column from 0,0 to {grid.rows - 1},{grid.columns - 1}."
    )
