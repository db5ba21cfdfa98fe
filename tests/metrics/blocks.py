"""A real model whose answer is known for every image: its probability is the brightness of one block of pixels."""

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from vitxplain.evaluation.maps.model_queries import ModelQueries
from vitxplain.metrics.base import Case
from vitxplain.models.loading.load import load_model

SIDE = 20
BLOCK = np.zeros((SIDE, SIDE), bool)
BLOCK[4:14, 2:12] = True  # 100 of 400 pixels
SHARE = 0.25
WHITE = Image.new("RGB", (SIDE, SIDE), (255, 255, 255))


class Brightness(nn.Module):
    """Two classes; the probability of the first is the mean of the block, from 0 (black) to 1 (white)."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(BLOCK / BLOCK.sum(), dtype=torch.float32))

    def forward(self, pixel_values: Tensor) -> Tensor:
        bright = (pixel_values.mean(1) * self.weight).sum((1, 2)).clamp(0, 1)
        return torch.stack([bright, 1 - bright], 1).log()


def case(heat: np.ndarray, image: Image.Image = WHITE) -> Case:
    """A map of the first class; explained again, the map is each pixel's brightness times its weight."""
    model = load_model(Brightness(), mean=[0.0] * 3, std=[1.0] * 3, size=(SIDE, SIDE))
    return Case(
        heat.astype(float), image, BLOCK, ModelQueries(model, model.task.target(0, model.labels), _input_times_weight)
    )


def _input_times_weight(model, images) -> list[np.ndarray]:
    weight = model.module.weight.detach().numpy()
    return [np.asarray(image.convert("L")) / 255 * weight for image in images]
