"""The reference of deformable attention: the point or box of each query that its sampling points lie around."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import pad

_SIZES: Final = (2, 4)  # numbers of a point and of a box


def candidates(inputs: Iterable[Any], maps: int, queries: int) -> tuple[Tensor, ...]:
    """Those of a module's inputs that have the shape of references: two or four numbers a query, of each level or not.

    Numbers are not looked at, for a pass may be traced.
    """
    return tuple(one for one in inputs if isinstance(one, Tensor) and _is_shaped(one, maps, queries))


def reference(tensors: Sequence[Tensor]) -> Float[Tensor, "batch query 4"] | None:
    """The first candidate that is one, as boxes (centre x, y, width, height); points have no sides.

    In shares of the image, as arXiv 2010.04159 has them; where each level has its own, they are the same but for
    padding, and the mean is taken. None where there is none: the module works them out itself.
    """
    for tensor in tensors:
        numbers = tensor.detach().float()
        sums = numbers.sum(-1)
        if not torch.allclose(sums, torch.ones_like(sums), atol=1e-3):  # weights of two or four points sum to one
            numbers = numbers if numbers.dim() == 3 else numbers.mean(2)
            return pad(numbers, (0, 4 - numbers.shape[-1]))
    return None


def _is_shaped(tensor: Tensor, maps: int, queries: int) -> bool:
    if not tensor.is_floating_point() or tensor.dim() not in (3, 4) or tensor.shape[-1] not in _SIZES:
        return False
    return tensor.shape[1] == queries and maps % tensor.shape[0] == 0
