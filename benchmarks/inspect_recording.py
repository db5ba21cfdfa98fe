"""What a recording of attention takes: bytes on the disk and zipped, how far rollout is off, peak memory, seconds.

    python benchmarks/inspect_recording.py [--model FOLDER] [--image cat.jpg] [--out docs/performance]

Without --model the ViT-B/16 at 224 px and the DINO-like ViT-S/16 at 480 px have random weights, whose queries and keys
are made larger so that attention is as uneven as that of models that learned. Peak memory is that of a fresh process,
counted from where the model is open and probed. What the 144 heads of a ViT-B/16 take zipped is told from a model
of as many tokens that learned: attention of random weights is alike in all rows and packs too well.
"""

import argparse
import ctypes
import gc
import json
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path
from typing import Any

MODELS: dict[str, dict[str, int]] = {
    "ViT-B/16 at 224 px": {"image_size": 224, "hidden_size": 768, "num_attention_heads": 12, "intermediate_size": 3072},
    "DINO ViT-S/16 at 480 px": {
        "image_size": 480,
        "hidden_size": 384,
        "num_attention_heads": 6,
        "intermediate_size": 1536,
    },
}
SHARPER = 8.0  # what query and key weights are multiplied with


def main() -> None:
    """Measure each case in a process of its own, print the figures and write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="a folder or name, measured beside the two with random weights")
    parser.add_argument("--image", default="examples/cat.jpg")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--case", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.case is not None:
        print(json.dumps(measured(arguments.case, arguments.image)))
        return
    figures = {}
    for case in [*MODELS, *([arguments.model] if arguments.model else [])]:
        command = [sys.executable, __file__, "--case", case, "--image", arguments.image]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        figures[case] = json.loads(output.splitlines()[-1])
        print(case)
        for name, value in figures[case].items():
            print(f"  {name:48} {value:,.4g}" if isinstance(value, float) else f"  {name:48} {value}")
    if arguments.out is not None:
        (arguments.out / "recording.json").write_text(json.dumps(figures, indent=1) + "\n")


def opened(case: str) -> Any:
    import torch
    from transformers import ViTConfig, ViTForImageClassification

    from vitxplain import load_model

    if case not in MODELS:
        return load_model(case)
    torch.manual_seed(0)
    settings = MODELS[case]
    module = ViTForImageClassification(ViTConfig(num_hidden_layers=12, patch_size=16, num_labels=1000, **settings))
    with torch.no_grad():
        for name, weight in module.named_parameters():
            if any(word in name for word in (".q_proj.", ".k_proj.", ".query.", ".key.")):
                weight.mul_(SHARPER)
    side = settings["image_size"]
    return load_model(module.eval(), mean=0.5, std=0.5, size=(side, side))


def measured(case: str, image: str) -> dict[str, Any]:
    import numpy as np

    from vitxplain.inspect import open_recording, record

    model = opened(case)
    model.probe()
    before = forget_peak()
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        record(model, folder, [image])
        seconds = time.perf_counter() - started
        after = peak_bytes()
        (row,) = open_recording(folder)
        content = row.path.read_bytes()
        weights = [row.attention(layer) for layer in range(len(row.layers))]
        exact = exact_weights(model, image)
        errors = [np.abs(a - b)[b > 1e-4] / b[b > 1e-4] for a, b in zip(weights, exact, strict=True)]
        rolled, expected = rollout(weights), rollout(exact)
        stored = [row.tensor(name).tobytes() for name in row.tensors if name.startswith(("attention", "peaks"))]
        attention_zipped = sum(len(zlib.compress(one, 6)) for one in stored)
        heads = sum(len(layer) for layer in weights)
        started = time.perf_counter()
        row.attention(0)
        one_layer = time.perf_counter() - started
    return {
        "weights": "random" if case in MODELS else "learnt",
        "layers, heads, tokens": [len(weights), *weights[0].shape[:2]],
        "MB of the file": len(content) / 1e6,
        "MB zipped": len(zlib.compress(content, 6)) / 1e6,
        "MB zipped, attention of 144 heads like these": 144 / heads * attention_zipped / 1e6,
        "MB of float32": sum(array.nbytes for array in weights) / 1e6,
        "median relative error of a weight in %": 100 * float(np.median(np.concatenate(errors))),
        "rollout off by, mean relative in %": 100 * float(np.abs(rolled - expected).sum() / expected.sum()),
        "rollout off by, largest relative in %": 100 * float((np.abs(rolled - expected) / expected).max()),
        "seconds": seconds,
        "ms to read one layer": 1000 * one_layer,
        "resident MB before recording": before / 1e6,
        "peak resident MB while recording": after / 1e6,
    }


def exact_weights(model: Any, image: str) -> list[Any]:
    """As the model's own library returns them."""
    import torch
    from PIL import Image

    pixels = model.processor([Image.open(image).convert("RGB")])
    model.module.set_attn_implementation("eager")
    with torch.no_grad():
        output = model.module(pixels, output_attentions=True)
    return [attention[0].numpy() for attention in output.attentions]


def rollout(layers: list[Any]) -> Any:
    """The class token's row on the patches, in float64."""
    import numpy as np

    row = np.zeros(layers[0].shape[-1])
    row[0] = 1
    for layer in reversed(layers):
        mean = layer.mean(0, dtype=np.float64)
        row = 0.5 * row + 0.5 * row @ (mean / mean.sum(-1, keepdims=True))
    return row[1:]


def forget_peak() -> int:
    """What is resident now, from where the peak is counted anew (Linux)."""
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    return peak_bytes()


def peak_bytes() -> int:
    status = Path("/proc/self/status").read_text()
    return 1024 * int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))


if __name__ == "__main__":
    main()
