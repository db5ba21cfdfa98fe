"""ImagePart: the part of a model's input that the image fills, where its processor says so by a `pixel_mask`."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from vitxplain.errors import UsageError
from vitxplain.geometry import Geometry
from vitxplain.types import PixelValues


@dataclass(frozen=True)
class ImagePart:
    """The first rows and columns of the input; what is beyond is padding, of which the model is told."""

    rows: int
    columns: int

    @classmethod
    def stated(cls, shown: Bool[Tensor, "height width"]) -> "ImagePart | None":
        """The part where a mask says that the image shows; None where that is all.

        Raises:
            UsageError: the mask has another form.
        """
        part = cls(int(shown.any(1).sum()), int(shown.any(0).sum()))
        if not (shown[: part.rows, : part.columns].all() and shown.sum() == part.rows * part.columns):
            raise UsageError(
                "the processor's pixel_mask tells of padding elsewhere than at the right and at the bottom; pad there "
                "alone, or do not pad (do_pad=False): images are explained one by one."
            )
        return None if shown.all() else part

    def mask(self, pixel_values: PixelValues) -> Int[Tensor, "batch height width"]:
        """For a batch of inputs, all with the image in this part: 1 on the image, 0 on padding."""
        mask = torch.zeros_like(pixel_values[:, 0], dtype=torch.long)
        mask[:, : self.rows, : self.columns] = 1
        return mask

    def of(self, geometry: Geometry) -> Geometry:
        """The same geometry without the padding."""
        return geometry.top_left(self.rows, self.columns)
