"""The calls users make, `explain(model, tensor)` and `explain(model, image)`, as ratios to a plain forward pass.

    python benchmarks/calls.py [--sizes 224,512] [--batches 1,8] [--rounds 7] [--out docs/performance]

ViT-B/16 with random weights. Calls on ready tensors are laid beside the module's forward pass under inference mode,
calls on photographs beside the processor and that pass. The plain pass runs before and after each call, since machines
are not as fast in one minute as in the next, and the ratio is the median over rounds of that to the mean of both. Run
it on an idle machine: with busy cores ratios mean little. PyTorch's own gradient of the largest logit with respect to
the image is measured as well: no method that asks for gradients costs less than those passes. How many multiplications
a call takes is counted, which no other work on the machine changes.

With `--out`, rows of other sizes and batches that were measured before stay in the file.
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
GRADIENT: Final = "PyTorch's gradient"
VERSIONED: Final = ("torch", "transformers", "vitxplain")


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
    versions = {name: version(name) for name in VERSIONED}
    machine = f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads"
    if arguments.out is not None:
        stored = arguments.out / "calls.json"
        measured = {(row["size"], row["batch"]) for row in rows}
        before = json.loads(stored.read_text()) if stored.exists() else {"results": []}
        if (before.get("machine"), before.get("versions")) == (machine, versions):
            rows += [row for row in before["results"] if (row["size"], row["batch"]) not in measured]
        rows.sort(key=lambda row: (row["size"], row["batch"]))  # and within them as they ran
        report = {"machine": machine, "load": load, "versions": versions, "results": rows}
        stored.write_text(json.dumps(report, indent=1) + "\n")


def measure(size: int, batch: int, rounds: int) -> list[dict[str, Any]]:
    """Every call at one size and batch."""
    run = calls(size, batch)
    plain = {given: run.pop((given, PLAIN[given])) for given in (TENSOR, IMAGE)}
    plain[MODULE] = plain[TENSOR]
    once = count(plain[TENSOR])
    multiplied = {key: count(call) / once for key, call in run.items()}
    seconds: dict[tuple[str, str], list[float]] = {key: [] for key in run}
    ratios: dict[tuple[str, str], list[float]] = {key: [] for key in run}
    of_plain: dict[str, list[float]] = {TENSOR: [], IMAGE: [], MODULE: []}
    for _ in range(rounds):
        for key, call in run.items():
            before, own, after = (took(one) for one in (plain[key[0]], call, plain[key[0]]))
            seconds[key].append(own)
            ratios[key].append(2 * own / (before + after))
            of_plain[key[0]] += [before, after]
    rows = []
    print(f"\nViT-B/16, {size} px, batch {batch}")
    for given in (TENSOR, IMAGE):
        row = {"size": size, "batch": batch, "given": given, "call": PLAIN[given], "rounds": rounds}
        rows.append(row | {"ms": 1000 * statistics.median(of_plain[given]), "ratio": 1.0, "multiplications": 1.0})
        print(f"{given:16}{PLAIN[given]:30}{rows[-1]['ms']:9.0f} ms", flush=True)
    for (given, name), times in seconds.items():
        ratio, least = statistics.median(ratios[given, name]), multiplied[given, name]
        row = {"size": size, "batch": batch, "given": given, "call": name, "rounds": rounds}
        row |= {"ms": 1000 * statistics.median(times), "ratio": ratio, "multiplications": least, "bar": BARS.get(name)}
        rows.append(row | {"least": min(ratios[given, name]), "most": max(ratios[given, name])})
        missed = "  missed" if name in BARS and ratio > BARS[name] else ""
        print(f"{given:16}{name:30}{row['ms']:9.0f} ms{ratio:8.3f}{least:8.3f} by count{missed}", flush=True)
    return rows


def took(call: Callable[[], object]) -> float:
    """Its seconds."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


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

    def gradient() -> torch.Tensor:
        pixel_values = tensor.clone().requires_grad_().clone()  # the counter takes no leaf
        return torch.autograd.grad(module(pixel_values).logits.amax(1).sum(), pixel_values)[0]

    cases: dict[tuple[str, str], Callable[[], object]] = {
        (TENSOR, PLAIN[TENSOR]): lambda: plain(tensor),
        (IMAGE, PLAIN[IMAGE]): lambda: plain(processor(images, return_tensors="pt")["pixel_values"]),
        (TENSOR, GRADIENT): gradient,
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
