"""A folder of photographs explained, as a ratio to decoding, processor and plain forward pass alone.

    python benchmarks/folders.py [--images 1000] [--sizes 300] [--methods raw-attention,attention-rollout,grad-cam]
                                 [--folder PHOTOGRAPHS] [--rounds 1] [--out docs/performance]
    python benchmarks/folders.py --memory [--out docs/performance]

ViT-S/16 with random weights, saved and opened from its folder; photographs cut from those of scikit-image, saved as
JPEG in as many sizes, or those of a folder. Each method has a process of its own, as a command has. The plain side
reads, prepares and runs the same batches in the same process: every few images the explanation waits for it, since
machines are not as fast in one minute as in the next. A few images are explained first: what they take beyond the plain
side is what passes once in a process, such as imports and, in the first command with a model, the passes that find out
what it is. Then all are, in one round after the other, and ratios are the medians of these. Beside the time, which
wants an idle machine, stands that of the processor, which other work disturbs less. Memory is what the process holds at
most, the plain side with it.

With `--memory` instead: what one process holds after each 1,000 of 10,000 tiny images, explained by a tiny model with
all the methods together; it takes two minutes, on whatever machine. With `--out` runs of other folders that were
measured before stay in the file.
"""

import argparse
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

BAR, BATCH, TURNS, FEW = 0.9, 8, 8, 16
OF_TIME = "of plain's processor time"
SMALL = {"hidden_size": 384, "num_attention_heads": 6, "intermediate_size": 1536, "num_labels": 1000}  # ViT-S/16
TINY = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
TINY_IMAGES, STEP = 10_000, 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--sizes", type=int, default=300)
    parser.add_argument("--folder", type=Path, help="of photographs, in place of those that are made")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--methods", default="raw-attention,attention-rollout,grad-cam")
    parser.add_argument("--out", type=Path, help="folder of folders.json, from which docs/performance.py writes")
    parser.add_argument("--memory", action="store_true", help="what is held while 10,000 tiny images are explained")
    parser.add_argument("--one", nargs=5, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measured(*arguments.one)))
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
        save_small(Path(name) / "vit-s")
        rows = [in_processes(Path(name), folder, method, len(paths), arguments.rounds) for method in methods]
        run = {
            "images": len(paths),
            "rounds": arguments.rounds,
            "sizes": len({Image.open(path).size for path in paths}),
            "load": load,
        }
    if arguments.out is not None:
        report = {
            "machine": f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads",
            "versions": {name: version(name) for name in ("torch", "transformers", "vitxplain")},
        }
        stored = arguments.out / "folders.json"
        before = json.loads(stored.read_text()) if stored.exists() else {}
        same = (before.get("machine"), before.get("versions")) == (report["machine"], report["versions"])
        called = "/".join(folder.parts[-2:]) if arguments.folder else "made"
        runs = (before["runs"] if same else {}) | {called: run | {"results": rows}}
        arguments.out.mkdir(parents=True, exist_ok=True)
        stored.write_text(json.dumps(report | {"runs": runs, "memory": before.get("memory")}, indent=1) + "\n")
    raise SystemExit(any(row["of plain"] < BAR for row in rows))


def in_processes(place: Path, folder: Path, method: str, count: int, rounds: int) -> dict[str, Any]:
    """The figures of one method: of the first command with a model, on a few images, and of a later one on all."""
    kept = place / f"kept-{method}"  # what is found out about the model
    first = in_process(kept, place / "vit-s", folder, place / method / "first", method, 0)
    later = in_process(kept, place / "vit-s", folder, place / method / "later", method, rounds)
    seconds = statistics.median(own for own, _, _ in later["rounds"])
    shares, of_time = ([one[which] for one in later["rounds"]] for which in (1, 2))
    size = sum(file.stat().st_size for file in (place / method / "later" / "0").rglob("*.parquet")) / count
    row = {
        "method": method,
        "images a second": count / seconds,
        "of plain": statistics.median(shares),
        "least": min(shares),
        "most": max(shares),
        OF_TIME: statistics.median(of_time),
        "once": later["once"],
        "once a model": first["once"] - later["once"],
        "peak MB": later["peak MB"],
        "bytes an image": size,
    }
    print("  ".join(f"{name} {one:.3f}" if isinstance(one, float) else f"{one:20}" for name, one in row.items()))
    return row


def in_process(kept: Path, *arguments: Any) -> dict[str, Any]:
    """What `measured` says in a new process; `kept` has what processes before found out about the model."""
    command = [sys.executable, __file__, "--one", *map(str, arguments)]
    environment = {**os.environ, "HF_ASSETS_CACHE": str(kept)}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def measured(model_folder: str, folder: str, out: str, method: str, rounds: str) -> dict[str, Any]:
    """What explaining a few images takes beyond the plain side, and then of each round of all of them.

    Of a round its seconds, and the share that the plain side takes of them and of the processor's.
    """
    paths = sorted(Path(folder).iterdir())
    model = load_model(model_folder)
    plain_seconds(model, paths[:FEW])
    explained, plain = seconds_in_turn(model, paths[:FEW], Path(out) / "few", method)
    once, of_rounds = explained.wall - plain.wall, []
    for round_ in range(int(rounds)):
        explained, plain = seconds_in_turn(model, paths, Path(out) / str(round_), method)
        of_rounds.append((explained.wall, plain.wall / explained.wall, plain.cpu / explained.cpu))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"once": once, "rounds": of_rounds, "peak MB": peak}


def save_small(folder: Path) -> None:
    torch.manual_seed(0)
    ViTForImageClassification(ViTConfig(**SMALL)).save_pretrained(folder)
    ViTImageProcessorPil().save_pretrained(folder)


def write(folder: Path, count: int, sizes: int) -> Path:
    """Photographs of so many sizes between 240 and 640 pixels."""
    folder.mkdir()
    draw = random.Random(0)
    originals = [Image.fromarray(picture) for picture in (data.chelsea(), data.coffee(), data.astronaut())]
    distinct: dict[tuple[int, int], None] = {}
    while len(distinct) < sizes:
        distinct[draw.randint(240, 640), draw.randint(240, 640)] = None
    shapes = list(distinct)
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


def seconds_in_turn(model: Any, paths: list[Path], out: Path, method: str) -> tuple[Seconds, Seconds]:
    """Those of explaining all, and of the plain side of the same images."""
    started, plain, done, compared = Seconds.now(), Seconds(), 0, 0

    def advance(count: int) -> None:
        nonlocal plain, done, compared
        done += count
        if done - compared >= max(4 * BATCH, len(paths) // TURNS) or done == len(paths):
            while _is_busy():  # with what is prepared ahead: part of explaining
                pass
            plain += plain_seconds(model, paths[compared:done])
            compared = done

    explain_dataset(model, [str(path) for path in paths], out, method, batch_size=BATCH, advance=advance)
    return Seconds.now() - started - plain, plain


def _is_busy() -> bool:
    """Whether other threads of this process compute."""
    before = time.process_time()
    time.sleep(0.02)
    return time.process_time() - before > 0.002


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
