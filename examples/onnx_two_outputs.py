"""Class and map from one ONNX graph: exported once, then used without PyTorch."""

import json

import numpy as np
import onnxruntime
from PIL import Image

from vitxplain.export import export

made = export("facebook/deit-tiny-patch16-224", "attention-rollout", "vitx-out/deit-tiny.onnx")

# --8<-- [start:use]
session = onnxruntime.InferenceSession("vitx-out/deit-tiny.onnx")
facts = session.get_modelmeta().custom_metadata_map
seen = json.loads(facts["preprocessing"])
image = Image.open("examples/cat.jpg").convert("RGB").resize(seen["size"][::-1], Image.Resampling.BICUBIC)
pixels = (np.asarray(image, np.float32) / 255 - seen["mean"]) / seen["std"]
pixel_values = pixels.transpose(2, 0, 1)[None].astype(np.float32)
probabilities, maps = session.run(["probabilities", "map"], {"pixel_values": pixel_values})
best = probabilities[0].argmax()
print(json.loads(facts["classes"])[best], f"{probabilities[0, best]:.0%}")
print("looks most at row, column", np.unravel_index(maps[0].argmax(), maps[0].shape))
# --8<-- [end:use]
