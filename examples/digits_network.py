"""A convolutional network that learns scikit-learn's digits, placed anywhere on noise, in half a minute on a CPU."""

from functools import cache

import numpy as np
import torch
from PIL import Image
from sklearn import datasets
from torch import Tensor, nn
from torch.nn import functional as F

SIDE, DIGIT = 64, 24  # pixels: the image, and the digit in it


def trained_network(steps: int = 400) -> nn.Module:
    """Convolutions, global average pooling, one linear layer: what CAM was made for."""
    network = nn.Sequential(
        *(layer for channels in ((3, 16), (16, 32), (32, 64)) for layer in stage(*channels)),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(64, 10),
    )
    optimiser = torch.optim.AdamW(network.parameters(), lr=3e-3)
    generator = np.random.default_rng(0)
    network.train()
    for step in range(steps):
        images, labels = batch(generator, 64)
        loss = F.cross_entropy(network(images), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step % 100 == 99:
            print(f"step {step + 1}: loss {loss.item():.3f}")
    return network.eval()


def stage(inputs: int, outputs: int) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(), nn.MaxPool2d(2)]


def batch(generator: np.random.Generator, count: int) -> tuple[Tensor, Tensor]:
    """Images (batch, 3, SIDE, SIDE) in [0, 1], one digit each, and the digits."""
    digits, labels = load_digits()
    chosen = generator.integers(len(labels), size=count)
    canvases = np.stack([place(noise(generator), digits[index], *corner(generator)) for index in chosen])
    return torch.tensor(canvases, dtype=torch.float32)[:, None].expand(-1, 3, -1, -1), torch.tensor(labels[chosen])


def two_digits(first: int, second: int) -> Image.Image:
    """One image with two digits, the first at the upper left, the second at the lower right."""
    digits, labels = load_digits()
    canvas = noise(np.random.default_rng(1))
    for digit, place_at in ((first, (5, 4)), (second, (34, 36))):
        canvas = place(canvas, digits[labels == digit][5], *place_at)
    return Image.fromarray(np.uint8(canvas * 255)).convert("RGB")


@cache
def load_digits() -> tuple[np.ndarray, np.ndarray]:
    """Every digit, 64 values from 0 to 16, and what it is."""
    return datasets.load_digits(return_X_y=True)


def noise(generator: np.random.Generator) -> np.ndarray:
    return generator.uniform(0, 0.35, (SIDE, SIDE))


def corner(generator: np.random.Generator) -> tuple[int, int]:
    row, column = generator.integers(SIDE - DIGIT, size=2)
    return int(row), int(column)


def place(canvas: np.ndarray, digit: np.ndarray, row: int, column: int) -> np.ndarray:
    """The canvas (SIDE, SIDE) with the digit, 64 values from 0 to 16, enlarged to DIGIT pixels a side."""
    image = Image.fromarray(np.uint8(digit.reshape(8, 8) / 16 * 255)).resize((DIGIT, DIGIT), Image.Resampling.BICUBIC)
    part = canvas[row : row + DIGIT, column : column + DIGIT]
    part[:] = np.maximum(part, np.asarray(image) / 255)
    return canvas
