"""Every method on a GPU: its maps beside the CPU's, its time beside a plain forward pass, and a folder.

    python benchmarks/gpu.py [--device cuda] [--sizes 224,512] [--batches 1,32,256] [--photographs 512]
                             [--minutes 5] [--out docs/performance]

ViT-B/16 with random weights. Maps of two images are compared with those of fp32 on the CPU: the correlation, and the
greatest difference where each map's greatest value is 1. Times are medians of rounds in fp32 with `explain` as a user
calls it, on tensors that lie on the device. What does not fit into its memory, and what the minutes end before, is
written down as such. `--device cpu --sizes 32 --batches 1,2 --photographs 8` goes the same way on any machine.
"""

import argparse
import json
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessorPil

from vitxplain import explain, fitting, load_model
from vitxplain.scale import explain_dataset

ROUNDS: Final = 5
PLAIN: Final = "plain forward pass"
FORMATS: Final = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
LEAST: Final = {"fp32": 0.999, "bf16": 0.9, "fp16": 0.95}  # correlation with the CPU's map
FOLDER_METHODS: Final = ("raw-attention", "attention-rollout", "grad-cam")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--sizes", default="224,512")
    parser.add_argument("--batches", default="1,32,256")
    parser.add_argument("--photographs", type=int, default=512)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--out", type=Path, help="folder of gpu.json, from which docs/performance.py writes")
    options = parser.parse_args(arguments)
    device = torch.device(options.device)
    if device.type == "cuda" and not torch.cuda.is_available():
        parser.error("PyTorch sees no CUDA device here; --device cpu goes the same way, in little, on any machine.")
    end = time.perf_counter() + 60 * options.minutes
    sizes, batches = ([int(number) for number in words.split(",")] for words in (options.sizes, options.batches))
    maps = compared(device, min(sizes))
    rows = [row for size in sizes for batch in batches for row in measured(device, size, batch, end)]
    report = {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else str(device),
        "versions": {name: version(name) for name in ("torch", "transformers", "vitxplain")},
        "maps": maps,
        "results": rows,
        "folder": folder_rates(device, min(sizes), options.photographs, max(batches), end),
    }
    if options.out is not None:
        (options.out / "gpu.json").write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    raise SystemExit(any(row["correlation"] < LEAST[row["format"]] for row in maps))


def built(size: int, device: torch.device, number_format: torch.dtype = torch.float32) -> Any:
    """The same weights at each call."""
    torch.manual_seed(0)
    module = ViTForImageClassification(ViTConfig(image_size=size, num_labels=1000)).eval()
    processor = ViTImageProcessorPil(size={"height": size, "width": size})
    return load_model(module.to(device, number_format), processor=processor, device=device, dtype=number_format)


def compared(device: torch.device, size: int) -> list[dict[str, Any]]:
    """The maps of each method and number format beside those of the CPU."""
    images = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(1))
    on_cpu = built(size, torch.device("cpu"))
    methods = [name for name, reason in fitting(on_cpu).items() if reason is None]
    right = {name: [one.values for one in explain(on_cpu, images, name, target=0)] for name in methods}
    rows = []
    for words, number_format in FORMATS.items():
        model = built(size, device, number_format)
        for name in methods:
            made = [one.values for one in explain(model, images, name, target=0)]
            worst = min(_correlation(*pair) for pair in zip(made, right[name], strict=True))
            apart = max(float(np.abs(_unit(a) - _unit(b)).max()) for a, b in zip(made, right[name], strict=True))
            rows.append({"method": name, "format": words, "correlation": worst, "difference": apart})
            print(f"{name:24}{words:6}correlation {worst:.5f}, at most {apart:.1e} apart", flush=True)
    return rows


def measured(device: torch.device, size: int, batch: int, end: float) -> list[dict[str, Any]]:
    """Milliseconds of each method and of the plain pass, and the ratio, at one size and batch."""
    model = built(size, device)
    images = torch.randn(batch, 3, size, size, device=device)

    def plain() -> None:
        with torch.inference_mode():
            model.module(images)

    calls: dict[str, Callable[[], object]] = {PLAIN: plain}
    for name, reason in fitting(model).items():
        if reason is None:
            calls[name] = lambda name=name: explain(model, images, name, batch_size=batch)
    rows = []
    base = None
    for name, call in calls.items():
        row: dict[str, Any] = {"size": size, "batch": batch, "call": name, "ms": None, "ratio": None, "why": None}
        if time.perf_counter() > end:
            row["why"] = "out of time"
        else:
            try:
                row["ms"] = milliseconds(call, device, end)
                base = row["ms"] if name == PLAIN else base
                row["ratio"] = None if base is None else row["ms"] / base
            except torch.OutOfMemoryError:
                row["why"] = "out of memory"
                torch.cuda.empty_cache()
        told = row["why"] or f"{row['ms']:9.1f} ms"
        print(f"{size} px, batch {batch:4}  {name:24}{told}", flush=True)
        rows.append(row)
    return rows


def milliseconds(call: Callable[[], object], device: torch.device, end: float) -> float:
    """The median of some calls after one; of fewer where the time is up."""
    call()
    taken: list[float] = []
    while len(taken) < ROUNDS and (not taken or time.perf_counter() < end):
        _wait(device)
        start = time.perf_counter()
        call()
        _wait(device)
        taken.append(1000 * (time.perf_counter() - start))
    return statistics.median(taken)


def folder_rates(device: torch.device, size: int, count: int, batch: int, end: float) -> list[dict[str, Any]]:
    """Images a second of a folder of photographs."""
    from folders import write

    rows = []
    with tempfile.TemporaryDirectory() as name:
        photographs = write(Path(name) / "photographs", count, min(count, 300))
        model = built(size, device)
        for method in FOLDER_METHODS:
            if time.perf_counter() > end:
                rows.append({"method": method, "images a second": None})
                continue
            start = time.perf_counter()
            explain_dataset(model, str(photographs), Path(name) / method, method, batch_size=batch)
            rows.append({"method": method, "images a second": count / (time.perf_counter() - start)})
            print(f"folder of {count}  {method:24}{rows[-1]['images a second']:8.1f} images/s", flush=True)
    return rows


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _unit(values: np.ndarray) -> np.ndarray:
    greatest = np.abs(values).max()
    return values / greatest if greatest else values


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    """1 for maps that are the same even; 0 where one of them is constant or not finite."""
    if np.array_equal(one, other):
        return 1.0
    if not np.isfinite(one).all() or not one.std() or not other.std():
        return 0.0
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    main()
