"""Whether a layer's map lies as the image does, or was mirrored, turned, rolled or cut on the way to it."""

from collections.abc import Sequence
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor

from vitxplain.capture.patch_layout import ImageMaps
from vitxplain.models.offers import FEATURE_MAP, GRADIENT_PRODUCTS, PATCH_FEATURES
from vitxplain.models.probing.observation import Observation

# What a model whose feature maps lie otherwise than the image does not offer.
PLACED: Final = frozenset((FEATURE_MAP, GRADIENT_PRODUCTS, PATCH_FEATURES))

_FAINT: Final = 0.1  # of what the corner it hears most gives it: a corner hears less than this of its own place
_SILENT: Final = 1e-6  # of what the loudest corner hears of the image

# Upper left, upper right, lower left: two of them trade places in whatever way a map is mirrored or turned.
_CORNERS: Final = ((0, 0), (0, 1), (1, 0))


def is_misplaced(observation: Observation, layer: str, maps: ImageMaps) -> bool:
    """Whether corners of the map hear other corners of the image than their own, as the gradient says.

    Not where all hear the same corner, as when every token attends to one of them: that moves nothing.
    """
    output = next((output for output in reversed(observation.outputs) if layer in output.returned_by), None)
    layout = None if output is None else maps.layout(output.shape)
    if output is None or output.edge is None or layout is None or not observation.image.requires_grad:
        return False
    if any(view is not None and not view.is_whole for call in observation.image_calls for view in call.views):
        return False  # the image itself lies otherwise, which is put back
    signs = torch.randn(output.shape, generator=torch.Generator().manual_seed(2)).to(output.tensor)
    heard = []
    for corner in _CORNERS:
        weights = torch.zeros_like(signs)
        _corner(layout.to_map(weights), corner).copy_(_corner(layout.to_map(signs), corner))
        (gradient,) = torch.autograd.grad(
            [output.edge], [observation.image], [weights], retain_graph=True, materialize_grads=True
        )
        heard.append([_corner(gradient, place).abs().float().sum() for place in (*_CORNERS, (1, 1))])
    return _lie_elsewhere(torch.tensor(heard))


def _lie_elsewhere(heard: Float[Tensor, "corner place"]) -> bool:
    """A corner that hears nothing says nothing: features may be silent there on what was tried."""
    total = heard.sum(1)
    if not bool(torch.isfinite(heard).all()) or float(total.max()) == 0:
        return False
    loudest = heard.argmax(1)
    silent = total <= _SILENT * total.max()
    elsewhere = ~silent & (heard.diagonal() < _FAINT * heard.amax(1))
    return bool(elsewhere.any()) and loudest[~silent].unique().numel() > 1


def _corner(image_map: Tensor, corner: Sequence[int]) -> Tensor:
    """A quarter of a map (the last two axes), without a middle row or column."""
    for axis, side in zip((-2, -1), corner, strict=True):
        half = image_map.shape[axis] // 2
        image_map = image_map.narrow(axis, side * (image_map.shape[axis] - half), half)
    return image_map
