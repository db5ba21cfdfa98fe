"""Which maps are the best and which the worst of a method."""

import pytest

from vitxplain.evaluation.report.extremes import ends_of
from vitxplain.evaluation.scoring.map_scores import MapScores


def of(*scores: float) -> list[MapScores]:
    return [MapScores("model", "grad-cam", str(number), scores={"iou": score}) for number, score in enumerate(scores)]


@pytest.mark.parametrize(
    ("ranked", "best", "worst"),
    [
        ((0.9, 0.5, 0.2), "01", "2"),
        ((1, 1, 1, 0), "01", "3"),  # what scores as the best one is none of the worst
        ((1, 0, 0, 0), "0", "23"),
        ((1,) * 7 + (0,) * 1 + (-1,) * 4, "01234", "7891011"),
        ((1,) * 12, "01234", ""),
        ((0.5,), "0", ""),
    ],
)
def test_ties_are_at_one_end_alone(ranked: tuple[float, ...], best: str, worst: str):
    names = ["".join(one.image for one in end) for end in ends_of(of(*ranked), "iou")]
    assert names == [best, worst]
