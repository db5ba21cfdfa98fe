"""Every method that fits, with variants, on images whose object is known: how well found, how faithful, with controls.

    python -m benchmarks.methods --model demo-vit --data digits --limit 100 --out docs/research
    python -m benchmarks.methods --model FOLDER --data FOLDER --out docs/research

Unlike `vitx evaluate` it explains the class the image is labelled with, whatever the model says. A folder holds
images, masks and an index.json that lists `image`, `mask` and `imagenet_class` (benchmarks/photographs.py makes one);
else the name of a built-in set, of which the validation split is taken. `--variants` is a list such as
`affinity-attention:share=1`.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from vitxplain import explain_together, fitting, load_model
from vitxplain.data.load import load_data
from vitxplain.data.sample import Sample
from vitxplain.evaluation.maps.model_queries import control_queries
from vitxplain.explainers.base import Explainer, says_where
from vitxplain.explainers.passes.choose import build
from vitxplain.metrics.base import Case
from vitxplain.metrics.build import build as build_metrics
from vitxplain.metrics.controls import CONTROLS
from vitxplain.metrics.intervals import bootstrap
from vitxplain.models.vision_model import VisionModel

FOUND = ["average-precision", "pointing-game"]
FAITHFUL = ["deletion", "insertion"]
LOWER = {"deletion"}


def main() -> None:
    """Score, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--variants", default="", help="separated by blanks; without it every method, as it is")
    parser.add_argument("--rivals", action="store_true", help="methods of other libraries as well (extra `peers`)")
    parser.add_argument("--over", default="gradient-attention", help="what the others are compared with")
    parser.add_argument("--faithful", action="store_true", help="deletion and insertion as well, much slower")
    parser.add_argument("--baseline", default="blur", help="of deletion and insertion")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    model = load_model(options.model)
    fit = [name for name, why in fitting(model).items() if why is None]
    methods = dict(map(variant, options.variants.split() or fit))
    if options.rivals:
        from benchmarks.rivals import RIVALS

        methods |= RIVALS
    metrics = build_metrics(FOUND, {})
    if options.faithful:
        metrics |= build_metrics(FAITHFUL, {"steps": options.steps, "baseline": options.baseline})
    scores: dict[str, dict[str, list[float]]] = {}
    for count, sample in enumerate(samples(options.data, options.limit), 1):
        for name, heat in heats(model, methods, sample).items():
            asked = control_queries(model, sample.label, lambda _, heat=heat: heat)
            case = Case(heat, sample.image, sample.object_mask(), asked)
            for metric, one in metrics.items():
                scores.setdefault(name, {}).setdefault(metric, []).append(one.score(case))
        print(f"\r{count} images", end="", file=sys.stderr, flush=True)
    report(scores, options.over)
    if options.out:
        name = f"{Path(options.model).name}-{Path(options.data).name}.json"
        options.out.mkdir(parents=True, exist_ok=True)
        arguments = " ".join(sys.argv[1:])
        rounded = {name: {one: np.round(all_, 4).tolist() for one, all_ in row.items()} for name, row in scores.items()}
        content = {"command": f"python -m benchmarks.methods {arguments}", "images": count, "scores": rounded}
        (options.out / name).write_text(json.dumps(content) + "\n")


def variant(text: str) -> tuple[str, Explainer]:
    """`name` or `name:option=value;option=value`."""
    name, _, given = text.partition(":")
    options = dict(one.split("=", 1) for one in given.split(";")) if given else {}
    return text, next(iter(build([name], options, text=True).values()))


def samples(data: str, limit: int | None) -> Iterator[Sample]:
    """Labelled images with an object in a mask."""
    folder = Path(data)
    if not (folder / "index.json").exists():
        masked = (sample for sample in load_data(data, "validation") if sample.mask is not None and sample.mask.any())
        yield from islice(masked, limit)
        return
    for item in json.loads((folder / "index.json").read_text())[:limit]:
        mask = np.asarray(Image.open(folder / item["mask"]).convert("L")) > 127
        yield Sample(Image.open(folder / item["image"]).convert("RGB"), item["imagenet_class"], item["mask"], mask=mask)


def heats(model: VisionModel, methods: dict[str, Explainer], sample: Sample) -> dict[str, np.ndarray]:
    """The map of every method that gives one, and the controls."""
    found = {}
    for name, method in methods.items():
        one = next(iter(explain_together(model, sample.image, [method], target=sample.label).values()))
        if says_where(one.axes):
            found[name] = one.heatmap().astype(np.float64)
    return found | {f"({name})": control(sample.image) for name, control in CONTROLS.items()}


def report(scores: dict[str, dict[str, list[float]]], rival: str) -> None:
    """Means with 95 % intervals, and the lead over the rival, better counted up."""
    metrics = list(next(iter(scores.values())))
    print("\n" + " " * 44 + "".join(f"{metric:>40}" for metric in metrics))
    for name in sorted(scores, key=lambda name: -np.mean(scores[name][metrics[0]])):
        cells = []
        for metric in metrics:
            own = np.array(scores[name][metric])
            mean, low, high = bootstrap(own)
            sign = -1 if metric in LOWER else 1
            lead = bootstrap(sign * (own - np.array(scores[rival][metric]))) if rival in scores else None
            shown = f" {lead.mean:+.3f} [{lead.low:+.3f}, {lead.high:+.3f}]" if lead else ""
            cells.append(f"{mean:.3f} [{low:.3f}, {high:.3f}]"[:6] + shown)
        print(f"{name:44}" + "".join(f"{cell:>40}" for cell in cells))


if __name__ == "__main__":
    torch.manual_seed(0)
    main()
