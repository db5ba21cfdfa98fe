"""From images of bands to pixels, band by band."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image

from vitxplain.data.bands import BandImage, Original
from vitxplain.types import PixelValues


def resized_bands(images: Sequence[Original], bands: int, size: tuple[int, int]) -> PixelValues:
    """Every band of every image at (height, width), as shares of white; a plain image is grey in all of them."""
    height, width = size

    def resized(band: Float[np.ndarray, "height width"]) -> np.ndarray:
        return np.asarray(Image.fromarray(band).resize((width, height), Image.Resampling.BICUBIC))

    stacked = [
        np.stack([resized(image.band(index)) for index in range(bands)])
        if isinstance(image, BandImage)
        else np.repeat(resized(np.asarray(image.convert("L"), np.float32) / 255)[None], bands, 0)
        for image in images
    ]
    return torch.from_numpy(np.stack(stacked))
