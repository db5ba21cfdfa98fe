"""Whether a model gives each image of a batch a row of its own, whatever lies beside it: images pass in batches."""

from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor

from vitxplain.errors import ModelLoadError
from vitxplain.tasks.classification import Classification
from vitxplain.types import PixelValues

if TYPE_CHECKING:
    from vitxplain.models.vision_model import VisionModel

_ROUNDING: Final = {torch.float32: 1e-4, torch.float64: 1e-8}  # of the largest logit; half precision has 5e-2
_MOVED: Final = 0.3  # of what two images differ by; scales that quantisation takes of a whole batch move rows by less


def check_rows(model: "VisionModel", images: PixelValues, alone: Tensor, both: Tensor, *, repeatable: bool) -> None:
    """Compare the logits of two images together with those of each alone.

    Args:
        model: the model, ready for a pass.
        images: two.
        alone: logits of the second image alone.
        both: logits of the two.
        repeatable: no random numbers are drawn, so that the values can be compared.

    Raises:
        ModelLoadError: there is not one row an image, or the rows are mixed, in another order, or all of one image.
    """
    if len(both) != 2:
        raise ModelLoadError(
            f"{model.source} returns {len(both)} row{'s' * (len(both) != 1)} for two images: it takes a part of the "
            "batch, or joins or repeats images. Images pass in batches here; let it return a row for each, in their "
            "order."
        )
    is_comparable = alone.requires_grad and both.shape[1:] == alone.shape[1:]
    if type(model.task) is not Classification or not repeatable or not is_comparable:
        return
    # Code that does something else while it is watched is judged by passes that nothing watches.
    if _mixes(model, images, alone.detach(), both.detach()) and _mixes(
        model, images, model.logits(images[1:]), model.logits(images)
    ):
        raise ModelLoadError(
            f"{model.source} returns other scores for an image when another one lies beside it in the batch: it mixes "
            "images (statistics of the batch, perhaps), changes their order, or takes one of them for all. Images pass "
            "in batches here; let each row be about the image in that row alone."
        )


@torch.no_grad()
def _mixes(model: "VisionModel", images: PixelValues, alone: Tensor, both: Tensor) -> bool:
    first, second = both
    if _moved(second, alone[0], first):
        return True
    # Two equal rows: does nothing get through, or is one image taken for both?
    return torch.equal(first, second) and _moved(first, model.logits(images[:1])[0], second)


def _moved(row: Tensor, alone: Tensor, other: Tensor) -> bool:
    """Whether a row is another than that of its image alone, by more than rounding."""
    off, apart = (float((row - one).abs().max()) for one in (alone, other))
    rounding = _ROUNDING.get(row.dtype, 5e-2) * float(alone.abs().max())
    return off > rounding and off > _MOVED * apart
