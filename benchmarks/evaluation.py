"""Images a second that `evaluate` scores, for each metric, and what it holds in memory of more and more images.

    python benchmarks/evaluation.py [--images 8] [--memory 1000,10000] [--model FOLDER] [--out docs/performance]

ViT of DeiT-tiny's shape with random weights, or the model of a folder; photographs of 480 x 360 pixels. Each metric
scores Grad-CAM beside the controls, five maps an image; what the model saw is run again in the same process as plain
forward passes. Memory is that of fresh processes that score small images by a small model with metrics of the map
alone, above what they held after the first images. Run it on an idle machine.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessorPil

from vitxplain import evaluate, load_model
from vitxplain.data.sample import DataSet, Sample

METRICS = (
    "average-precision", "pointing-game", "mass-accuracy", "sparseness", "entropy", "average-drop", "increase",
    "deletion", "insertion", "positive-perturbation", "max-sensitivity",
)  # fmt: skip
TINY = {"hidden_size": 192, "num_attention_heads": 3, "intermediate_size": 768, "num_labels": 1000}  # DeiT-tiny
PHOTOGRAPH = Path(__file__).parents[1] / "examples" / "coffee.jpg"
FIRST = 200  # images after which what a process holds has settled


class Photographs(DataSet):
    """Turned copies of one photograph, its object in the middle."""

    name, split, labels, has_masks = "photographs", "test", ("coffee",), True

    def __init__(self, count: int, size: tuple[int, int]) -> None:
        self.count = count
        self.image = Image.open(PHOTOGRAPH).convert("RGB").resize(size)
        self.mask = np.zeros(size[::-1], bool)
        self.mask[size[1] // 4 : -size[1] // 4, size[0] // 4 : -size[0] // 4] = True

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Sample:
        if not 0 <= index < self.count:
            raise IndexError(index)
        return Sample(self.image.rotate(index % 360), 0, f"{index:05}", self.mask)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=8)
    parser.add_argument("--memory", default="1000,10000")
    parser.add_argument("--model", help="a folder with weights")
    parser.add_argument("--out", type=Path, help="folder for evaluation.json")
    parser.add_argument("--held", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.held:
        print(held_megabytes(arguments.held))
        return
    load = round(os.getloadavg()[0])  # of other work, before this one's
    model = opened(TINY, 224) if arguments.model is None else load_model(arguments.model)
    evaluate(model, Photographs(1, (480, 360)), "grad-cam", "average-drop")
    rows = [rate(model, metric, arguments.images) for metric in METRICS]
    memory = []
    for count in map(int, filter(None, arguments.memory.split(","))):
        command = [sys.executable, __file__, "--held", str(count)]
        held = float(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1])
        memory.append({"images": count, "held MB": held})
        print(f"{count:,} images: {held:.0f} MB more than {FIRST}", flush=True)
    report = {
        "machine": f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads",
        "load": load,
        "images": arguments.images,
        "model": arguments.model or "a ViT of DeiT-tiny's shape with random weights",
        "versions": {name: version(name) for name in ("torch", "transformers", "vitxplain")},
        "results": rows,
        "memory": memory,
    }
    if arguments.out is not None:
        (arguments.out / "evaluation.json").write_text(json.dumps(report, indent=1) + "\n")


def opened(shape: dict[str, int], size: int) -> Any:
    torch.manual_seed(0)
    module = ViTForImageClassification(ViTConfig(**shape, image_size=size)).eval()
    return load_model(module, processor=ViTImageProcessorPil(size={"height": size, "width": size}))


def rate(model: Any, metric: str, images: int) -> dict[str, Any]:
    """Of one metric: images a second, how many the model saw for each, and the share of the time those take alone."""
    seen: list[int] = []
    hook = model.module.register_forward_pre_hook(
        lambda _module, positional, named: seen.append(len(positional[0] if positional else named["pixel_values"])),
        with_kwargs=True,
    )
    start = time.perf_counter()
    evaluate(model, Photographs(images, (480, 360)), "grad-cam", metric)
    seconds = time.perf_counter() - start
    hook.remove()
    start = time.perf_counter()
    with torch.inference_mode():
        for count in seen:
            model.module(torch.zeros(count, 3, 224, 224))
    plain = time.perf_counter() - start
    row = {
        "metric": metric,
        "images a second": images / seconds,
        "passes an image": sum(seen) / images,
        "of plain": plain / seconds,
        "a batch": sum(seen) / len(seen),
    }
    print(f"{metric:24}{row['images a second']:8.2f} images/s{row['passes an image']:8.1f} passes an image", flush=True)
    return row


def held_megabytes(images: int) -> float:
    """What this process holds at the end more than after the first images."""
    held: list[float] = []
    pages = Path("/proc/self/statm")

    def progress(_: int) -> None:
        held.append(int(pages.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20)

    small = {"hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 16, "num_hidden_layers": 1}
    model = opened(small, 32)
    evaluate(model, Photographs(images, (48, 36)), "grad-cam", ["pointing-game", "entropy"], progress=progress)
    return held[-1] - held[FIRST // 8]


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    main()
