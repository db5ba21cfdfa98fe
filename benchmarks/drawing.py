"""Whether a thread or a process that draws pictures while the next batch is explained makes a folder take less time.

    python benchmarks/drawing.py FOLDER [--images 48] [--rounds 3] [--width 384]

ViTs of random weights by rollout, batches of 8 photographs, and PNG, NPZ and JSON of each. Every round runs all ways,
so that a busy moment of the machine hits all of them; wants an idle machine. About two minutes.
"""

import argparse
import multiprocessing
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

from PIL import Image
from transformers import ViTConfig, ViTForImageClassification

from vitxplain import explain, load_model

BATCH = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="of photographs (*.jpg)")
    parser.add_argument("--images", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--width", type=int, default=384, help="of the ViT: 192 is DeiT-Tiny's, 384 ViT-S's")
    options = parser.parse_args()
    files = sorted(options.folder.rglob("*.jpg"))[: options.images]
    config = ViTConfig(
        hidden_size=options.width,
        num_attention_heads=options.width // 64,
        intermediate_size=4 * options.width,
        num_labels=1000,
    )
    model = load_model(ViTForImageClassification(config).eval(), mean=[0.5] * 3, std=[0.5] * 3, size=224)
    spawned = multiprocessing.get_context("spawn")  # a fork of PyTorch's threads would hang
    with ThreadPoolExecutor(1) as thread, ProcessPoolExecutor(1, mp_context=spawned) as process:
        ways: dict[str, Callable[[], object]] = {
            "no pictures": lambda: run(model, files, None),
            "main thread": lambda: run(model, files, save),
            "thread": lambda: run_beside(model, files, thread),
            "process": lambda: run_beside(model, files, process),
        }
        for way in ways.values():
            way()
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(options.rounds):
            for name, way in ways.items():
                began = time.perf_counter()
                way()
                seconds[name].append(time.perf_counter() - began)
    for name, measured in seconds.items():
        print(f"{name:12} {median(measured):.1f} s")


def explained(model: Any, files: list[Path]) -> Any:
    return explain(model, [Image.open(file) for file in files], "rollout")


def save(explanation: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        explanation.save(folder)


def run(model: Any, files: list[Path], finish: Callable[[Any], None] | None) -> None:
    """One batch after the other, each finished before the next begins."""
    for start in range(0, len(files), BATCH):
        for explanation in explained(model, files[start : start + BATCH]):
            if finish:
                finish(explanation)


def run_beside(model: Any, files: list[Path], executor: Executor) -> None:
    """The pictures of a batch are drawn while the next one is explained."""
    drawn: list[Future[None]] = []
    for start in range(0, len(files), BATCH):
        explanations = explained(model, files[start : start + BATCH])
        for future in drawn:
            future.result()
        drawn = [executor.submit(save, explanation) for explanation in explanations]
    for future in drawn:
        future.result()


if __name__ == "__main__":
    main()
