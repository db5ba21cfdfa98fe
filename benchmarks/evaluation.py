"""Images a second that `evaluate` scores, beside Quantus and torch-cam, and what it holds of more and more images.

    python benchmarks/evaluation.py [--images 4] [--memory 1000,10000] [--model FOLDER] [--out docs/performance]

ViT of DeiT-tiny's shape with random weights, or the model of a folder; photographs of 480 x 360 pixels. Each metric
scores Grad-CAM beside the controls, five maps an image; some of what the model saw is run again in the same process as
plain forward passes. The other libraries (the extra `crosschecks`) are left out, by name, where they are missing.
Memory is that of a fresh process that scores small images by a small model with metrics of the map alone. Seconds are
those of one core, however many other programs share it. About three minutes on an idle machine.
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
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from transformers import ViTConfig, ViTForImageClassification

from vitxplain import evaluate, load_model
from vitxplain.data.sample import DataSet, Sample

METRICS = (
    "average-precision", "pointing-game", "mass-accuracy", "sparseness", "entropy", "average-drop", "increase",
    "deletion", "insertion", "positive-perturbation", "max-sensitivity",
)  # fmt: skip
TOGETHER = {
    "average-drop and increase": ["average-drop", "increase"],
    "all of these": list(METRICS),
}
TINY = {"hidden_size": 192, "num_attention_heads": 3, "intermediate_size": 768, "num_labels": 1000}  # DeiT-tiny
SMALL = {"hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 16, "num_hidden_layers": 1}
PHOTOGRAPH = Path(__file__).parents[1] / "examples" / "coffee.jpg"
MAPS = 5  # an image: Grad-CAM and four controls
FIRST = 200  # images after which what a process holds has settled
AGAIN = 4  # batches that are run again as plain passes


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
    parser.add_argument("--images", type=int, default=4)
    parser.add_argument("--memory", default="1000,10000", help="numbers of images; empty for none")
    parser.add_argument("--model", help="a folder with weights")
    parser.add_argument("--out", type=Path, help="folder for evaluation.json")
    parser.add_argument("--held", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.held:
        print(json.dumps(held(list(map(int, options.held.split(","))))))
        return
    load = round(os.getloadavg()[0])  # of other work, before this one's
    torch.set_num_threads(1)
    model = opened(TINY, 224) if options.model is None else load_model(options.model)
    evaluate(model, Photographs(1, (480, 360)), "grad-cam", "average-drop")
    rows = [rate(model, name, [name], options.images) for name in METRICS]
    rows += [rate(model, name, metrics, options.images) for name, metrics in TOGETHER.items()]
    memory: list[dict[str, Any]] = []
    if options.memory:
        command = [sys.executable, __file__, "--held", options.memory]
        memory = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        for row in memory:
            print(f"{row['images']:,} images: {row['MB']:+.1f} MB of after {FIRST}", flush=True)
    report = {
        "machine": f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads",
        "load": load,
        "images": options.images,
        "maps": MAPS,
        "model": options.model or "a ViT of DeiT-tiny's shape with random weights",
        "versions": {name: version(name) for name in ("torch", "transformers", "vitxplain")},
        "results": rows,
        "memory": {"first": FIRST, "results": memory},
        "beside": beside_others(max(1, options.images // 2)),
    }
    if options.out is not None:
        (options.out / "evaluation.json").write_text(json.dumps(report, indent=1) + "\n")


def opened(shape: dict[str, int], size: int) -> Any:
    """It takes pixels in [0, 1], so that 0 is black to whoever changes the tensor and to whoever changes the image."""
    torch.manual_seed(0)
    module = ViTForImageClassification(ViTConfig(**shape, image_size=size)).eval()
    return load_model(module, mean=[0.0] * 3, std=[1.0] * 3, size=(size, size))


def rate(model: Any, name: str, metrics: list[str], images: int) -> dict[str, Any]:
    """Images a second, how many the model saw for each, and the share of the time that those take alone."""
    seen: list[int] = []
    hook = model.module.register_forward_pre_hook(
        lambda _module, positional, named: seen.append(len(positional[0] if positional else named["pixel_values"])),
        with_kwargs=True,
    )
    start = time.process_time()
    evaluate(model, Photographs(images, (480, 360)), "grad-cam", metrics)
    seconds = time.process_time() - start
    hook.remove()
    some = sorted(seen)[:: -max(1, len(seen) // AGAIN)][:AGAIN]
    start = time.process_time()
    with torch.inference_mode():
        for count in some:
            model.module(torch.zeros(count, 3, *model.processor.input_size))
    plain = (time.process_time() - start) / sum(some) * sum(seen)
    print(f"{name:26}{images / seconds:8.2f} images/s{sum(seen) / images:8.1f} passes an image", flush=True)
    return {
        "metric": name,
        "images a second": images / seconds,
        "passes an image": sum(seen) / images,
        "of plain": plain / seconds,
    }


def held(counts: list[int]) -> list[dict[str, float]]:
    """What this process holds after so many images more than after the first, and at most while it made the table."""
    after: dict[int, float] = {}
    done = 0

    def progress(count: int) -> None:
        nonlocal done
        done += count
        after[done] = megabytes("VmRSS")

    evaluation = evaluate(
        opened(SMALL, 32), Photographs(counts[-1], (48, 36)), "grad-cam", ["pointing-game", "entropy"],
        progress=progress,
    )  # fmt: skip

    def after_about(count: int) -> float:
        return after[max(number for number in after if number <= count)]

    rows = [{"images": count, "MB": after_about(count) - after_about(FIRST)} for count in counts]
    Path("/proc/self/clear_refs").write_text("5")  # forget the most that was held so far
    list(evaluation)
    assert evaluation.comparisons == ()
    rows[-1]["table MB"] = megabytes("VmHWM") - after[done]
    return rows


def megabytes(what: str) -> float:
    """VmRSS: held now; VmHWM: the most that was held. Linux says so."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(what))


def beside_others(images: int) -> list[dict[str, Any]]:
    """The same maps scored by us and by others, who are left out where they are not installed."""
    if missing := [name for name in ("quantus", "torchcam") if not find_spec(name)]:
        print(f"{' and '.join(missing)} not installed: nothing is laid beside others", file=sys.stderr)
        return []
    from metrics_of_others import compared

    return compared(opened(TINY, 224), Photographs(images, (224, 224)))


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    main()
