"""One side of `compare.py --against`: answers on standard output how long each case took, read from standard input.

Run by either interpreter, so it uses nothing but what `vitxplain` itself offers, which every version has.
"""

import contextlib
import gc
import json
import os
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import torch
from PIL import Image
from transformers import ViTConfig, ViTForImageClassification

import vitxplain
from vitxplain import explain, explain_together, fitting, load_model

Case = Callable[[], Any]
METHODS = (
    "raw-attention",
    "attention-rollout",
    "head-distance",
    "position-similarity",
    "grad-cam",
    "gradient-attention",
    "affinity-attention",
)
TOGETHER = ("attention-rollout", "raw-attention", "head-distance", "grad-cam", "position-similarity")
TINY = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64, "patch_size": 8}


def main() -> None:
    """Say who answers, then one line of JSON for each line read."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")  # what libraries print goes to stderr
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    print(json.dumps({"package": vitxplain.__file__, "version": vitxplain.__version__}), file=answers, flush=True)
    cases: dict[str, Case] = {}
    for line in sys.stdin:
        request = json.loads(line)
        if "size" in request:
            cases.clear()
            cases = build(**request)
            reply: Any = list(cases)
        else:
            reply = timed(cases[request["case"]])
        print(json.dumps(reply), file=answers, flush=True)


def timed(case: Case) -> dict[str, float]:
    """Seconds of one run, and the sum of what came out: two versions that compute the same have the same."""
    gc.collect()
    start = time.perf_counter()
    result = case()
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "sum": _total(result)}


def build(size: int, batch: int, tiny: bool) -> dict[str, Case]:
    """Every case of one size and batch, on one seeded ViT and the two models in the box."""
    torch.manual_seed(0)
    config = ViTConfig(image_size=size, num_labels=1000, attn_implementation="sdpa", **(TINY if tiny else {}))
    vit = ViTForImageClassification(config).eval()
    pixel_values = torch.randn(batch, 3, size, size)
    photographs = [Image.effect_mandelbrot((size * 2, size), (-2, -1, 1, 1), 50).convert("RGB")] * batch

    def load() -> Any:
        return load_model(vit, mean=(0.5,) * 3, std=(0.5,) * 3, size=(size, size))

    def fitting_methods(model: Any) -> list[str]:
        return [name for name, obstacle in fitting(model).items() if obstacle is None and name in METHODS]

    model = load()
    cases: dict[str, Case] = {
        "plain forward pass": torch.no_grad()(lambda: vit(pixel_values).logits),
        "load a module and probe it": lambda: fitting_methods(load()),
        **{name: lambda name=name: explain(model, pixel_values, name) for name in METHODS},
        "the five together": lambda: explain_together(model, pixel_values, TOGETHER),
        "attention-rollout from photographs": lambda: explain(model, photographs, "attention-rollout"),
        "picture of attention-rollout": lambda: explain(model, photographs[0], "attention-rollout").overlay(),
    }
    for name in ("demo-vit", "demo-cnn"):
        small = load_model(name)
        cases[f"auto on {name}"] = lambda small=small: explain(small, photographs, "auto")
    return cases


def _total(result: Any) -> float:
    if isinstance(result, torch.Tensor):
        return result.double().sum().item()
    if isinstance(result, dict):
        return sum(map(_total, result.values()))
    if isinstance(result, list):
        return sum(map(_total, result))
    if isinstance(result, str):
        return len(result)
    if isinstance(result, Image.Image):
        return float(sum(value % 256 * count for value, count in enumerate(result.histogram())))
    return float(result.values.astype("float64").sum())


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    with contextlib.suppress(BrokenPipeError):
        main()
