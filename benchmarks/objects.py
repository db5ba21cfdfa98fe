"""Methods on a detector or segmenter: does the map of each thing it finds lie where the thing is? Beside controls.

    python -m benchmarks.objects --model FOLDER --data FOLDER --methods grad-cam,gradient-activation
    python -m benchmarks.objects --model build.py --size 416 --data FOLDER --methods grad-cam,cross-attention

It is `vitx evaluate` with pointing-game and mass-accuracy, once for each truth: of a detector the true box of an object
and its mask, of a segmenter the places to which it gives a class itself, and the class's mask. Beside the controls of
every evaluation stands a map that is the same everywhere. A model that is no folder is a Python file with a function
`build`; its processor then only scales to `--size`. All images of `--data` are taken, whatever its splits.
"""

import argparse
import runpy
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import torch

from vitxplain import evaluate, load_model
from vitxplain.data.load import load_data
from vitxplain.evaluation.evaluation import Evaluation
from vitxplain.evaluation.table.clusters import cluster_mean
from vitxplain.explainers.passes.fit import auto_method
from vitxplain.metrics.intervals import Interval
from vitxplain.models.vision_model import VisionModel

METRICS = {"pointing-game": "pointing", "mass-accuracy": "energy"}
TRUTHS = {"object-detection": ("box", "mask")}
OF_SEGMENTERS = ("found", "mask")


def main() -> None:
    """Score and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--size", type=int, help="pixels a side, of a model that is no folder")
    parser.add_argument(
        "--names", nargs="*", default=[], help="the data's names of classes, such as aeroplane=airplane"
    )
    parser.add_argument("--data", required=True)
    parser.add_argument("--methods", default="auto", help="separated by commas")
    parser.add_argument("--options", nargs="*", default=[], help="METHOD.KEY=VALUE, such as d-rise.masks=400")
    parser.add_argument("--largest", type=float, default=1.0, help="things are left out that fill more of the image")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--out", type=Path, help="folder for the scores of every map; a second run goes on there")
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = loaded(options.model, options.size, dict(pair.split("=") for pair in options.names))
    data = load_data(options.data, "test", limit=options.limit, options={"ratio": "0,0,1"})
    evaluations = {}
    for truth in TRUTHS.get(model.task.name, OF_SEGMENTERS):
        evaluation = evaluate(
            model,
            data,
            options.methods.split(","),
            list(METRICS),
            truth=truth,
            options=dict(pair.split("=") for pair in options.options),
            out=options.out and options.out / truth,
        )
        evaluations[truth] = smaller(evaluation, options.largest)
        print(f"{truth}: {', '.join(map(str, evaluation.accuracies.values()))}")
    print(f"`auto` is {auto_method(model)}; {len(shares(next(iter(evaluations.values()))))} things have maps\n")
    print("\n".join(table(evaluations)))


def loaded(source: str, size: int | None, names: Mapping[str, str]) -> VisionModel:
    """A folder or a name, or what the function `build` of a file gives, some classes called otherwise."""
    model = (
        load_model(runpy.run_path(source)["build"](), mean=0.0, std=1.0, size=size)
        if source.endswith(".py")
        else load_model(source)
    )
    return model.changed(labels={index: names.get(name, name) for index, name in model.labels.items()})


def smaller(evaluation: Evaluation, largest: float) -> Evaluation:
    """About the things alone whose truth fills less of the image."""
    few = {thing for thing, share in shares(evaluation).items() if share < largest}
    kept = tuple(score for score in evaluation.map_scores if (score.image, score.region) in few)
    return replace(evaluation, map_scores=kept)


def shares(evaluation: Evaluation) -> dict[tuple[str, str], float]:
    """Which part of the image the truth of each thing with a map fills, by image and thing."""
    things = {(score.image, score.region) for score in evaluation.map_scores}
    return {
        (answer.image, region.region): region.share
        for answer in evaluation.answers
        for region in answer.regions
        if (answer.image, region.region) in things and region.share is not None
    }


def table(evaluations: Mapping[str, Evaluation]) -> Iterator[str]:
    """Lines of Markdown: means with 95 % intervals for each truth, the best energy first."""
    columns = [(metric, truth) for truth in evaluations for metric in METRICS]
    scores: dict[str, dict[tuple[str, str], Interval]] = {}
    for truth, evaluation in evaluations.items():
        for row in evaluation:
            name = f"*{row.method}*" if row.control else row.method
            scores.setdefault(name, {})[row.metric, truth] = row.score
        even = cluster_mean(shares(evaluation))
        scores.setdefault("*even*", {}).update({(metric, truth): even for metric in METRICS})
    yield "| method | " + " | ".join(f"{METRICS[metric]} {truth}" for metric, truth in columns) + " |"
    yield "| --- |" + " ---: |" * len(columns)
    for name in sorted(scores, key=lambda name: -scores[name][columns[1]].mean):
        cells = [scores[name][column] for column in columns]
        yield f"| {name} | " + " | ".join(f"{c.mean:.3f} [{c.low:.2f}, {c.high:.2f}]" for c in cells) + " |"


if __name__ == "__main__":
    main()
