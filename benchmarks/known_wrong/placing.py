"""Mistakes in what belongs where on the image."""

import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from benchmarks.known_wrong.material import SIDE, model
from vitxplain import explain
from vitxplain.data.load import load_data
from vitxplain.data.read_image import read_image
from vitxplain.metrics.average_precision import average_precision
from vitxplain.models.processors.batches import batches

ORIENTATION, TURNED = 0x0112, 6  # the EXIF tag, and its value for a camera held upright
COUNT = 100


def cropped() -> dict[str, float]:
    """Digits in images 1.5 times as wide as high, of which the model sees the middle: the map stretched over all."""
    wide = SIDE * 3 // 2
    left = (wide - SIDE) // 2
    right, wrong = [], []
    for sample in load_data("digits", "test", size=(SIDE, wide), limit=COUNT):
        mask = sample.object_mask()
        if mask[:, :left].any() or mask[:, left + SIDE :].any():
            continue  # partly cut away
        seen = sample.image.crop((left, 0, left + SIDE, SIDE))
        heat = explain(model(), seen, "attention-rollout").heatmap()
        placed = np.full(mask.shape, np.nan)
        placed[:, left : left + SIDE] = heat
        stretched = np.asarray(Image.fromarray(heat).resize((wide, SIDE), Image.Resampling.BILINEAR))
        right.append(average_precision(placed, mask))
        wrong.append(average_precision(stretched.astype(float), mask))
    return {"right": float(np.mean(right)), "wrong": float(np.mean(wrong)), "images": len(right)}


def orientation() -> dict[str, float]:
    """Photographs as a camera held upright stores them: pixels on their side, and a tag that says so."""
    right = wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "photograph.png"
        for sample in load_data("digits", "test", limit=COUNT):
            exif = Image.Exif()
            exif[ORIENTATION] = TURNED
            sample.image.transpose(Image.Transpose.ROTATE_90).save(file, exif=exif)
            right += top_class(read_image(file)) == sample.label
            wrong += top_class(Image.fromarray(np.asarray(Image.open(file)))) == sample.label
    return {"right": right / COUNT, "wrong": wrong / COUNT}


def top_class(image: Image.Image) -> int:
    (batch,) = batches(model().processor, [image], 1)
    with torch.no_grad():
        return int(model().logits(batch.pixel_values).argmax())
