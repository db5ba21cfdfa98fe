"""The calls users make, `explain(model, tensor)` and `explain(model, image)`, as ratios to a plain forward pass.

    python benchmarks/calls.py [--sizes 224,512] [--batches 1,8] [--rounds 7] [--out docs/performance]

ViT-B/16 with random weights. Calls on ready tensors are laid beside the module's forward pass under inference mode,
calls on photographs beside the processor and that pass. Every round runs each case once, and the ratio is the median
over rounds of the ratio within a round. Run it on an idle machine: with busy cores ratios mean little. How many
multiplications a call takes is counted as well, which no other work on the machine changes: at the rate of the pass no
call takes less.
"""

import argparse
import json
import os
import platform
import statistics
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from PIL import Image
from torch.utils.flop_counter import FlopCounterMode, sdpa_flop_count
from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessorPil

from vitxplain import explain, load_model
from vitxplain.api import explain_together

PHOTOGRAPH = Path(__file__).parents[1] / "examples" / "coffee.jpg"
TOGETHER: Final = ("raw-attention", "attention-rollout", "head-distance", "grad-cam", "position-similarity")
# At most so many times the plain pass.
BARS: Final = {
    "raw-attention": 1.05,
    "grad-cam": 1.10,
    "attention-rollout": 1.15,
    "gradient-attention": 2.5,
    "affinity-attention": 4.6,
    "five together": 1.4,
}
TENSOR, IMAGE, MODULE = "model, tensor", "model, image", "module, tensor"
PLAIN: Final = {TENSOR: "forward pass", IMAGE: "processor and forward pass", MODULE: "forward pass"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="224,512")
    parser.add_argument("--batches", default="1,8")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--out", type=Path, help="folder of calls.json, from which docs/performance.py writes")
    arguments = parser.parse_args()
    load = round(os.getloadavg()[0])  # of other work, before this one's
    rows = []
    for size in map(int, arguments.sizes.split(",")):
        for batch in map(int, arguments.batches.split(",")):
            rows += measure(size, batch, arguments.rounds)
    report = {
        "machine": f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads",
        "load": load,
        "rounds": arguments.rounds,
        "versions": {name: version(name) for name in ("torch", "transformers", "vitxplain")},
        "results": rows,
    }
    if arguments.out is not None:
        (arguments.out / "calls.json").write_text(json.dumps(report, indent=1) + "\n")


def measure(size: int, batch: int, rounds: int) -> list[dict[str, Any]]:
    """Every call at one size and batch."""
    run = calls(size, batch)
    seconds: dict[tuple[str, str], list[float]] = {key: [] for key in run}
    multiplied = {key: count(call) for key, call in run.items()}
    for _ in range(rounds):
        for key, call in run.items():
            start = time.perf_counter()
            call()
            seconds[key].append(time.perf_counter() - start)
    rows = []
    print(f"\nViT-B/16, {size} px, batch {batch}")
    for (given, name), times in seconds.items():
        plain = seconds[given if (given, PLAIN[given]) in seconds else TENSOR, PLAIN[given]]
        ratio = statistics.median(own / base for own, base in zip(times, plain, strict=True))
        row = {"size": size, "batch": batch, "given": given, "call": name, "ms": 1000 * statistics.median(times)}
        least = multiplied[given, name] / multiplied[TENSOR, PLAIN[TENSOR]]
        rows.append(row | {"ratio": ratio, "multiplications": least, "bar": BARS.get(name)})
        missed = "  missed" if name in BARS and ratio > BARS[name] else ""
        print(f"{given:16}{name:30}{row['ms']:9.0f} ms{ratio:8.3f}{least:8.3f} by count{missed}", flush=True)
    return rows


def count(call: Callable[[], object]) -> int:
    """The multiplications of a call's matrix products, after it has been called once."""
    call()
    with FlopCounterMode(display=False, custom_mapping=OF_FUSED_ATTENTION) as counter:
        call()
    return counter.get_total_flops()


def _of_fused_attention(query: Any, key: Any, value: Any, *_others: Any, **_named: Any) -> int:
    return sdpa_flop_count(query, key, value)


# The counter of PyTorch knows this operator on GPUs alone.
OF_FUSED_ATTENTION: Final = {torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: _of_fused_attention}


def calls(size: int, batch: int) -> dict[tuple[str, str], Callable[[], object]]:
    """By what is given and what is called; the plain passes among them."""
    torch.manual_seed(0)
    module = ViTForImageClassification(ViTConfig(image_size=size, num_labels=1000)).eval()
    processor = ViTImageProcessorPil(size={"height": size, "width": size})
    model = load_model(module, processor=processor)
    tensor = torch.randn(batch, 3, size, size)
    photograph = Image.open(PHOTOGRAPH).convert("RGB")
    # Of different content: nothing may be remembered of an image.
    pixels = np.asarray(photograph)
    images = [Image.fromarray(np.roll(pixels, 7 * shift, axis=1)) for shift in range(batch)]

    def plain(pixel_values: torch.Tensor) -> torch.Tensor:
        with torch.inference_mode():
            return module(pixel_values).logits

    cases: dict[tuple[str, str], Callable[[], object]] = {
        (TENSOR, PLAIN[TENSOR]): lambda: plain(tensor),
        (IMAGE, PLAIN[IMAGE]): lambda: plain(processor(images, return_tensors="pt")["pixel_values"]),
        (MODULE, "raw-attention"): lambda: explain(module, tensor, "raw-attention"),
    }
    for name in BARS:
        for given, what in ((TENSOR, tensor), (IMAGE, images)):
            cases[given, name] = _call(model, what, name)
    return cases


def _call(model: Any, images: Any, name: str) -> Callable[[], object]:
    if name == "five together":
        return lambda: explain_together(model, images, TOGETHER)
    return lambda: explain(model, images, name)


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    main()
