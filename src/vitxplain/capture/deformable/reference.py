"""The reference of deformable attention: the point or box of each query that its sampling points lie around."""

from collections.abc import Iterable
from typing import Any, Final

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import pad

_SIZES: Final = (2, 4)  # numbers of a point and of a box


def reference(
    inputs: Iterable[Any], point_weights: Float[Tensor, "map query point"]
) -> Float[Tensor, "batch query 4"] | None:
    """The first of a module's inputs that gives each query a box (centre x, y, width, height), or a point: no sides.

    In shares of the image, as arXiv 2010.04159 has them; where each level has its own, they are the same but for
    padding, and the mean is taken. None where there is none: the module works them out itself.
    """
    return next((found for one in inputs if (found := _numbers(one, point_weights)) is not None), None)


def _numbers(given: Any, point_weights: Tensor) -> Float[Tensor, "batch query 4"] | None:
    maps, queries = point_weights.shape[:2]
    if not isinstance(given, Tensor) or not given.is_floating_point() or given.dim() not in (3, 4):
        return None
    if given.shape[1] != queries or given.shape[-1] not in _SIZES or maps % given.shape[0]:
        return None
    sums = given.detach().float().sum(-1)
    if torch.allclose(sums, torch.ones_like(sums), atol=1e-3):  # weights of a few points, and no points
        return None
    numbers = given.detach().float()
    numbers = numbers if numbers.dim() == 3 else numbers.mean(2)
    return pad(numbers, (0, 4 - numbers.shape[-1]))
