"""One image at the command line beside a plain script, and a picture on disk beside the explanation it shows.

    python benchmarks/one_image.py [--model FOLDER] [--rounds 5] [--out docs/performance]

The plain script imports torch and transformers, opens the same model and image and runs the pass; `vitx explain` does
so and writes a picture: once as the first command with a model, which finds out what the model is, and once as every
later one. Rounds run one of each in turn, in new processes, and ratios are the medians over rounds.
Without `--model` both open a ViT-B/16 with random weights. Run it on an idle machine; of processor time, which both
are measured in as well, others on the machine change less.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessorPil

from vitxplain import explain, load_model

PHOTOGRAPH = Path(__file__).parents[1] / "examples" / "coffee.jpg"
PICTURES = 20
OFF = "VITXPLAIN_DISABLE_PROBE_CACHE"
SCRIPT = """
import sys
import torch
from PIL import Image
from transformers import AutoModelForImageClassification, ViTImageProcessorPil

module = AutoModelForImageClassification.from_pretrained(sys.argv[1]).eval()
processor = ViTImageProcessorPil.from_pretrained(sys.argv[1])
with torch.inference_mode():
    logits = module(**processor(Image.open(sys.argv[2]).convert("RGB"), return_tensors="pt")).logits
print(module.config.id2label[int(logits.argmax())])
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="folder of a ViT classifier")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, help="folder of one_image.json, from which docs/performance.py writes")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model = arguments.model or _random(Path(folder) / "vit-b")
        report = {
            "machine": f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads",
            "rounds": arguments.rounds,
            "versions": {name: version(name) for name in ("torch", "transformers", "matplotlib", "vitxplain")},
            "command": commands(model, Path(folder), arguments.rounds),
            "picture": pictures(model, Path(folder)),
        }
    print(json.dumps(report, indent=1))
    if arguments.out is not None:
        (arguments.out / "one_image.json").write_text(json.dumps(report, indent=1) + "\n")


def commands(model: Path, folder: Path, rounds: int) -> dict[str, Any]:
    """Seconds of a plain script, of `vitx explain` and of the first one with a model, and both ratios.

    `processor` are the same of processor time.
    """
    (folder / "plain.py").write_text(SCRIPT)
    explaining = ["-m", "vitxplain", "explain", PHOTOGRAPH, "--model", model, "--method", "rollout"]
    calls: dict[str, list[Any]] = {
        "plain": [folder / "plain.py", model, PHOTOGRAPH],
        "cold": [*explaining, "--out", folder / "maps"],
        "explain": [*explaining, "--out", folder / "maps"],
    }
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    processor: dict[str, list[float]] = {name: [] for name in calls}
    for round_ in range(rounds + 1):
        for name, call in calls.items():
            kept = folder / (f"cold-{round_}" if name == "cold" else "warm")  # what was found of the model
            environment = {**os.environ, "HF_ASSETS_CACHE": str(kept), OFF: ""}
            start, busy = time.perf_counter(), _children_seconds()
            subprocess.run(
                [sys.executable, *map(str, call)], check=True, capture_output=True, cwd=folder, env=environment
            )
            if round_:  # the first fills the disk's cache
                seconds[name].append(time.perf_counter() - start)
                processor[name].append(_children_seconds() - busy)
    return _medians(seconds) | {"processor": _medians(processor)}


def _medians(seconds: dict[str, list[float]]) -> dict[str, float]:
    ratios = {
        name: statistics.median(own / base for own, base in zip(seconds[name], seconds["plain"], strict=True))
        for name in ("cold", "explain")
    }
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    return medians | {"ratio": ratios["explain"], "cold ratio": ratios["cold"]}


def _children_seconds() -> float:
    """Of the processor, of all processes that were started and have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def pictures(model: Path, folder: Path) -> dict[str, float]:
    """Milliseconds of the explanation, of the first picture of a process, and of a later one on disk."""
    os.environ[OFF] = "1"  # no place in the user's own cache for a random model
    loaded = load_model(str(model))
    with Image.open(PHOTOGRAPH) as opened:
        photograph = opened.convert("RGB")
    explain(loaded, photograph, "attention-rollout")
    milliseconds: dict[str, list[float]] = {"explain": [], "save": []}
    for _ in range(PICTURES):
        start = time.perf_counter()
        explanation = explain(loaded, photograph, "attention-rollout")
        explained = time.perf_counter()
        explanation.save(folder / "map.png")
        milliseconds["explain"].append(1000 * (explained - start))
        milliseconds["save"].append(1000 * (time.perf_counter() - explained))
    return {"first": milliseconds["save"][0]} | {name: statistics.median(own) for name, own in milliseconds.items()}


def _random(folder: Path) -> Path:
    torch.manual_seed(0)
    ViTForImageClassification(ViTConfig(num_labels=1000)).save_pretrained(folder)
    ViTImageProcessorPil().save_pretrained(folder)
    return folder


if __name__ == "__main__":
    load = os.getloadavg()[0]
    if load > 1:
        print(f"this machine is busy (load {load:.1f}): the ratios will mean little", file=sys.stderr)
    main()
