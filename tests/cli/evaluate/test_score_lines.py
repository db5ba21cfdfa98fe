"""Scores while an evaluation runs: now and then, and when a model is done."""

import io

from rich.console import Console

from vitxplain.cli.evaluate.score_lines import ScoreLines, standing
from vitxplain.cli.shared.pace import FIRST, Pace
from vitxplain.evaluation.scoring.map_scores import MapScores
from vitxplain.evaluation.scoring.means_so_far import MeansSoFar

BETTER = {"iou": "higher", "deletion": "lower", "entropy": "neither"}


def test_lines_come_first_when_it_is_time_and_when_a_model_is_done() -> None:
    stream, now = io.StringIO(), [0.0]
    watch = ScoreLines(Console(file=stream, width=30), Pace(lambda: now[0]))
    means = MeansSoFar("my\x1bnet", "digits", {"cam": list(BETTER), "rise": ["iou"]}, 3, BETTER)
    watch(means)
    for image, (seconds, score) in enumerate([(1.0, 0.25), (FIRST, 0.75), (FIRST + 1, float("nan"))]):
        means.add([MapScores("my\x1bnet", "cam", f"{image}", {"iou": score, "entropy": 0.5})])
        means.images, now[0] = image + 1, seconds
        watch(means)
    assert stream.getvalue().splitlines() == [
        "my\\x1bnet on digits: 3 images, 2 methods; iou, deletion, entropy",
        "my\\x1bnet on digits, 2 of 3 images, about 10 s to go: best iou 0.50 (cam)",
        "my\\x1bnet on digits, 3 images: best iou 0.50 (cam)",
    ]


def test_of_many_methods_the_best_is_named_and_one_alone_is_not() -> None:
    means = MeansSoFar("net", "digits", {name: ["iou", "deletion"] for name in ("cam", "rise", "lime")}, 8, BETTER)
    assert standing(means, 1.0) == ""
    for name, scores in {"cam": (0.3, 0.2), "rise": (0.4, 0.1), "lime": (0.5, 0.3)}.items():
        means.add([MapScores("net", name, "0", {"iou": scores[0], "deletion": scores[1]})])
    means.images = 4
    assert standing(means, 100.0) == (
        "net on digits, 4 of 8 images, about 100 s to go: best iou 0.50 (lime), deletion 0.10 (rise)"
    )
    single = MeansSoFar("net", "digits", {"cam": ["iou"]}, 8, BETTER, images=8)
    single.add([MapScores("net", "cam", "0", {"iou": 0.25})])
    assert standing(single, 0.0) == "net on digits, 8 images: cam: iou 0.25"
    neither = MeansSoFar("net", "digits", {"cam": ["entropy"], "rise": ["entropy"]}, 8, BETTER, images=8)
    neither.add([MapScores("net", "cam", "0", {"entropy": 0.25})])
    assert standing(neither, 0.0) == "net on digits, 8 images"
