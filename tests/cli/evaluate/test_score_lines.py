"""Scores while an evaluation runs: now and then, and when a model is done."""

import io

from rich.console import Console

from vitxplain.cli.evaluate.score_lines import ScoreLines
from vitxplain.cli.shared.pace import FIRST, Pace
from vitxplain.evaluation.scoring.map_scores import MapScores
from vitxplain.evaluation.scoring.means_so_far import MeansSoFar


def test_lines_come_first_when_it_is_time_and_when_a_model_is_done() -> None:
    stream, now = io.StringIO(), [0.0]
    watch = ScoreLines(Console(file=stream, width=30), Pace(lambda: now[0]))
    means = MeansSoFar("my\x1bnet", "digits", {"cam": ["iou", "deletion"], "rise": ["iou"]}, total=3)
    watch(means)
    for image, (seconds, score) in enumerate([(1.0, 0.25), (FIRST, 0.75), (FIRST + 1, float("nan"))]):
        means.add([MapScores("my\x1bnet", "cam", f"{image}", {"iou": score})])
        means.images, now[0] = image + 1, seconds
        watch(means)
    assert stream.getvalue().splitlines() == [
        "my\\x1bnet on digits: 3 images, 2 methods; iou, deletion",
        "my\\x1bnet on digits, 2 of 3 images: cam: iou 0.50",
        "my\\x1bnet on digits, 3 images: cam: iou 0.50",
    ]
