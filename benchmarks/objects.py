"""Every method that fits a detector or segmenter: does its map lie on the thing it is about? With controls.

    python -m benchmarks.objects --model FOLDER --data FOLDER --out docs/research
    python -m benchmarks.objects --model build.py --size 416 --data FOLDER --methods grad-cam,gradient-activation

Of a detector: the objects of an index.json (benchmarks/photographs.py) that it finds with an overlap of at least 0.5,
scored against the ground-truth box, drawn around the mask, and against the mask itself. Of a segmenter: each class that
it gives to under half of an image, scored against the places to which it gives it. `pointing`: whether the highest
pixel lies inside; `energy`: the share of the map that does. A model that is no folder is a Python file with a function
`build`; its processor then only scales to `--size`.
"""

import argparse
import json
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float
from PIL import Image

from vitxplain import Explanation, explain, explain_together, fitting, load_model
from vitxplain.explainers.passes.fit import auto_method
from vitxplain.geometry import Box
from vitxplain.metrics.controls import CONTROLS
from vitxplain.metrics.intervals import bootstrap
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.detected import Detected, mask_of, overlap

MATCHED = 0.5  # overlap of the found and the true box
LARGEST = 0.5  # share of the image that a segment covers at most
SMALLEST = 0.002  # and at least
Region = Bool[np.ndarray, "height width"]
Heat = Float[np.ndarray, "height width"]


def main() -> None:
    """Score, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--size", type=int, help="pixels a side, of a model that is no folder")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--methods", help="separated by commas; without it every method that gives one map a target")
    parser.add_argument("--options", nargs="*", default=[], help="METHOD.KEY=NUMBER, such as d-rise.masks=400")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = loaded(options.model, options.size)
    methods = options.methods.split(",") if options.methods else fit(model)
    stated = {key: json.loads(value) for key, value in (pair.split("=") for pair in options.options)}
    scores: dict[str, list[dict[str, float]]] = {}
    index = json.loads((options.data / "index.json").read_text())[: options.limit]
    for count, item in enumerate(index, 1):
        image = Image.open(options.data / item["image"]).convert("RGB")
        mask = np.asarray(Image.open(options.data / item["mask"]).convert("L")) > 127
        for name, row in scored(model, methods, image, mask, item["object"], stated):
            scores.setdefault(name, []).append(row)
        print(f"\r{count} images", end="", file=sys.stderr, flush=True)
    print(f"\n{auto_method(model)} is `auto`; {len(next(iter(scores.values())))} things")
    report(scores)
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        rows = {
            name: [{key: round(one, 4) for key, one in row.items()} for row in some] for name, some in scores.items()
        }
        source = Path(options.model)
        name = (source.parent if source.suffix == ".py" else source).name
        file = options.out / f"{name}-{options.data.name}.json"
        file.write_text(json.dumps({"command": " ".join(sys.argv), "scores": rows}) + "\n")


def loaded(source: str, size: int | None) -> VisionModel:
    """A folder or a name, or what the function `build` of a file gives."""
    if not source.endswith(".py"):
        return load_model(source)
    return load_model(runpy.run_path(source)["build"](), mean=0.0, std=1.0, size=size)


def fit(model: VisionModel) -> list[str]:
    """Methods about a target that give one map."""
    from vitxplain.explainers.passes.choose import load_explainer

    names = [name for name, why in fitting(model).items() if why is None]
    return [n for n in names if load_explainer(n).class_specific and load_explainer(n).axes == "batch row column"]


def scored(
    model: VisionModel, methods: list[str], image: Image.Image, mask: Region, name: str, options: dict[str, Any]
) -> Iterator[tuple[str, dict[str, float]]]:
    """Each method's and control's scores for each thing of one image."""
    found = explain(model, image, target=None, min_score=0.0).detections
    things = objects(found, mask, name) if found[0].query is not None else segments(found, image)
    for number, regions in things:
        target = f"{'object' if found[0].query is not None else 'segment'}:{number}"
        made: dict[str, Explanation] = explain_together(model, image, methods, target=target, min_score=0.0, **options)
        heats = {method: np.nan_to_num(one.heatmap()) for method, one in made.items()}
        heats |= {f"({control})": np.asarray(of(image)) for control, of in CONTROLS.items()}
        heats["(even)"] = np.ones(mask.shape)
        for method, heat in heats.items():
            yield method, {f"{key} {what}": one for what, region in regions.items() for key, one in both(heat, region)}


def objects(found: tuple[Detected, ...], mask: Region, name: str) -> Iterator[tuple[int, dict[str, Region]]]:
    """The number of the object that is found best, with its true box and mask; none where it is not found."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    true: Box = (float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))
    of_class = [
        (n, overlap(one.box, true)) for n, one in enumerate(found) if one.name == name and one.box and one.score >= 0.5
    ]
    number, best = max(of_class, key=lambda pair: pair[1], default=(0, 0.0))
    if best >= MATCHED:
        box = np.zeros_like(mask)
        box[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = True
        yield number, {"box": box, "mask": mask}


def segments(found: tuple[Detected, ...], image: Image.Image) -> Iterator[tuple[int, dict[str, Region]]]:
    """The number of each segment that is neither most of the image nor a speck, with its region on the image."""
    for number, one in enumerate(found):
        if one.name != "background" and SMALLEST <= (one.share or 0) < LARGEST:
            region = Image.fromarray(mask_of(one)).resize(image.size, Image.Resampling.NEAREST)
            yield number, {"region": np.asarray(region)}


def both(heat: Heat, region: Region) -> Iterator[tuple[str, float]]:
    """Whether the highest pixel lies in the region, and which share of the map does."""
    yield "pointing", float(region.flat[heat.argmax()])
    yield "energy", float(heat[region].sum() / max(heat.sum(), 1e-12))


def report(scores: dict[str, list[dict[str, float]]]) -> None:
    """A table of means with 95 % intervals, best first by what comes last but for masks."""
    columns = list(next(iter(scores.values()))[0])
    print("| method | " + " | ".join(columns) + " |\n| --- |" + " ---: |" * len(columns))
    for name in sorted(scores, key=lambda name: -np.mean([row[columns[1]] for row in scores[name]])):
        cells = [bootstrap(np.array([row[column] for row in scores[name]])) for column in columns]
        print(f"| {name} | " + " | ".join(f"{c.mean:.3f} [{c.low:.2f}, {c.high:.2f}]" for c in cells) + " |")


if __name__ == "__main__":
    main()
