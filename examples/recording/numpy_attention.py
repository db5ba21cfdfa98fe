"""Record attention that was computed with NumPy: no PyTorch, no model of any library."""

from pathlib import Path

import numpy as np
from PIL import Image

from vitxplain.inspect import Writer, open_recording

PATCH, LAYERS, HEADS, CHANNELS = 32, 3, 4, 8
generator = np.random.default_rng(0)

image = Image.open(Path(__file__).parents[1] / "cat.jpg").convert("RGB")
rows, columns = image.height // PATCH, image.width // PATCH
image = image.crop((0, 0, columns * PATCH, rows * PATCH))
pixels = np.asarray(image, np.float32) / 255
patches = pixels.reshape(rows, PATCH, columns, PATCH, 3).transpose(0, 2, 1, 3, 4).reshape(rows * columns, -1)
colours = (patches.reshape(rows * columns, -1, 3).mean(1) - 0.5) * 4  # what a patch is known by here
tokens = np.concatenate([np.zeros((1, 3), np.float32), colours])  # in front a class token

layers = []
for _ in range(LAYERS):
    queries, keys = (tokens @ generator.normal(0, 2, (HEADS, 3, CHANNELS)) for _ in range(2))
    scores = np.exp(queries @ keys.transpose(0, 2, 1) / np.sqrt(CHANNELS))
    layers.append(scores / scores.sum(-1, keepdims=True))  # (head, query, key)

writer = Writer("vitx-out/numpy", model="colours alone")
writer.add("cat", np.stack(layers), image=image, grid=(rows, columns), prediction={"cat": 0.9, "dog": 0.1})

record = open_recording("vitx-out/numpy")["cat"]
print(record.layers[0]["title"], record.attention(0).shape, record.rows(0).max())
