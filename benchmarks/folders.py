"""A folder of photographs explained, as a ratio to decoding, processor and plain forward pass alone.

    python benchmarks/folders.py [--images 1000] [--sizes 300] [--methods raw-attention,attention-rollout,grad-cam]
                                 [--folder PHOTOGRAPHS] [--out docs/performance]
    python benchmarks/folders.py --memory [--out docs/performance]

ViT-S/16 with random weights; photographs cut from those of scikit-image, saved as JPEG in as many sizes, or those of a
folder. The plain side reads, prepares and runs the same batches in the same process: every few images the explanation
waits for it, since machines are not as fast in one minute as in the next. The start is what passes before the first
image runs: probing the model, the plan, and of the first method also what the process imports; it is part of the images
a second. Beside the time, which wants an idle machine, stands that of the processor, which other work disturbs less.
Memory is what a fresh process that explains the folder holds at most.

With `--memory` instead: what one process holds after each 1,000 of 10,000 tiny images, explained by a tiny model with
all the methods together; it takes two minutes, on whatever machine.
"""

import argparse
import itertools
import json
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from skimage import data
from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessorPil

from vitxplain import load_model
from vitxplain.scale import explain_dataset

BAR, BATCH, TURN = 0.9, 8, 128
SMALL = {"hidden_size": 384, "num_attention_heads": 6, "intermediate_size": 1536, "num_labels": 1000}  # ViT-S/16
TINY = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
TINY_IMAGES, STEP = 10_000, 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--sizes", type=int, default=300)
    parser.add_argument("--folder", type=Path, help="of photographs, in place of those that are made")
    parser.add_argument("--methods", default="raw-attention,attention-rollout,grad-cam")
    parser.add_argument("--out", type=Path, help="folder of folders.json, from which docs/performance.py writes")
    parser.add_argument("--memory", action="store_true", help="what is held while 10,000 tiny images are explained")
    parser.add_argument("--peak", nargs=2, metavar=("FOLDER", "METHOD"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peak:
        print(peak_megabytes(Path(arguments.peak[0]), arguments.peak[1]))
        return
    methods = arguments.methods.split(",")
    if arguments.memory:
        stored = arguments.out and arguments.out / "folders.json"
        held = held_megabytes(methods)
        print("\n".join(f"{images:6} images{megabytes:8.1f} MB" for images, megabytes in held.items()))
        if stored:
            report = json.loads(stored.read_text()) | {"memory": {"methods": methods, "MB after": held}}
            stored.write_text(json.dumps(report, indent=1) + "\n")
        return
    load = round(os.getloadavg()[0])  # of other work, before this one's
    with tempfile.TemporaryDirectory() as name:
        folder = arguments.folder or write(Path(name) / "photographs", arguments.images, arguments.sizes)
        paths = sorted(folder.iterdir())
        shapes = {Image.open(path).size for path in paths}
        model = small()
        plain_seconds(model, paths[:BATCH])
        rows = []
        for method in methods:
            explained, plain, start = seconds_in_turn(model, paths, Path(name) / method, method)
            command = [sys.executable, __file__, "--peak", str(folder), method]
            peak = float(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1])
            rate, share, of_time = len(paths) / explained.wall, plain.wall / explained.wall, plain.cpu / explained.cpu
            size = sum(file.stat().st_size for file in (Path(name) / method).rglob("*.parquet")) / len(paths)
            row = {"method": method, "images a second": rate, "of plain": share, "peak MB": peak}
            rows.append(row | {"bytes an image": size, "start": start, "of plain's processor time": of_time})
            print(
                f"{method:20}{rate:8.2f} images/s{share:8.3f} of plain{of_time:8.3f} of its processor time"
                f"{start:8.2f} s start{peak:8.0f} MB",
                flush=True,
            )
    report = {
        "machine": f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads",
        "load": load,
        "images": len(paths),
        "sizes": len(shapes),
        "versions": {name: version(name) for name in ("torch", "transformers", "vitxplain")},
        "results": rows,
    }
    if arguments.out is not None:
        stored = arguments.out / "folders.json"
        held = {"memory": json.loads(stored.read_text()).get("memory")} if stored.exists() else {}
        arguments.out.mkdir(parents=True, exist_ok=True)
        stored.write_text(json.dumps(report | held, indent=1) + "\n")
    raise SystemExit(any(row["of plain"] < BAR for row in rows))


def small() -> Any:
    torch.manual_seed(0)
    module = ViTForImageClassification(ViTConfig(**SMALL)).eval()
    return load_model(module, processor=ViTImageProcessorPil())


def write(folder: Path, count: int, sizes: int) -> Path:
    """Photographs of so many sizes between 240 and 640 pixels."""
    folder.mkdir()
    draw = random.Random(0)
    originals = [Image.fromarray(picture) for picture in (data.chelsea(), data.coffee(), data.astronaut())]
    shapes = [(draw.randint(240, 640), draw.randint(240, 640)) for _ in range(sizes)]
    for number in range(count):
        picture = originals[number % len(originals)].rotate(draw.uniform(-10, 10))
        picture.resize(shapes[number % sizes]).save(folder / f"{number:05}.jpg", quality=90)
    return folder


@dataclass(frozen=True)
class Seconds:
    """Of the clock, and of the processor, which threads side by side add up."""

    wall: float = 0.0
    cpu: float = 0.0

    @staticmethod
    def now() -> "Seconds":
        return Seconds(time.perf_counter(), time.process_time())

    def __add__(self, other: "Seconds") -> "Seconds":
        return Seconds(self.wall + other.wall, self.cpu + other.cpu)

    def __sub__(self, other: "Seconds") -> "Seconds":
        return Seconds(self.wall - other.wall, self.cpu - other.cpu)


def plain_seconds(model: Any, paths: Sequence[Path]) -> Seconds:
    """Read, prepare and run, batch by batch."""
    processor, start = model.processor.library, Seconds.now()
    for first in range(0, len(paths), BATCH):
        images = [Image.open(path).convert("RGB") for path in paths[first : first + BATCH]]
        with torch.inference_mode():
            model.module(processor(images, return_tensors="pt")["pixel_values"])
    return Seconds.now() - start


def seconds_in_turn(model: Any, paths: list[Path], out: Path, method: str) -> tuple[Seconds, Seconds, float]:
    """Those of explaining all, of the plain side of the same images, and how many passed before the first image ran."""
    started, plain, done, compared = Seconds.now(), Seconds(), 0, 0
    moments: list[float] = []

    def advance(count: int) -> None:
        nonlocal plain, done, compared
        moments.append(time.perf_counter() - plain.wall)
        done += count
        if done - compared >= TURN or done == len(paths):
            while _is_busy():  # with what is prepared ahead: part of explaining
                pass
            plain += plain_seconds(model, paths[compared:done])
            compared = done

    explain_dataset(model, str(paths[0].parent), out, method, batch_size=BATCH, advance=advance)
    explained = Seconds.now() - started - plain
    batch = statistics.median(later - earlier for earlier, later in itertools.pairwise(moments))
    return explained, plain, moments[0] - started.wall - batch


def _is_busy() -> bool:
    """Whether other threads of this process compute."""
    before = time.process_time()
    time.sleep(0.02)
    return time.process_time() - before > 0.002


def peak_megabytes(folder: Path, method: str) -> float:
    """What this process holds at most while it explains the folder."""
    with tempfile.TemporaryDirectory() as out:
        explain_dataset(small(), str(folder), Path(out) / "maps", method, batch_size=BATCH)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def held_megabytes(methods: list[str]) -> dict[int, float]:
    """What this process holds, after so many tiny images each."""
    torch.manual_seed(0)
    module = ViTForImageClassification(ViTConfig(image_size=32, patch_size=8, **TINY)).eval()
    model = load_model(module, processor=ViTImageProcessorPil(size={"height": 32, "width": 32}))
    done, held = 0, {}

    def advance(count: int) -> None:
        nonlocal done
        if (done + count) // STEP > done // STEP:
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            held[(done + count) // STEP * STEP] = pages * resource.getpagesize() / 2**20
        done += count

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "images"
        folder.mkdir()
        pixels = np.random.default_rng(0).integers(0, 256, (TINY_IMAGES, 32, 92, 3), np.uint8)
        for number, picture in enumerate(pixels):
            Image.fromarray(picture[:, : 32 + number % 60]).save(folder / f"{number:05}.png")
        del pixels, picture
        explain_dataset(model, str(folder), Path(name) / "maps", methods, batch_size=BATCH, advance=advance)
    return held


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    main()
