"""The benchmark of detectors and segmenters: an evaluation for each truth, side by side."""

import pytest

from benchmarks.objects import smaller, table
from tests.evaluation.regions.coloured_data import ColourMaps, InputGradient, Squares
from tests.tasks.colours import detector, segmenter
from vitxplain import evaluate

METRICS = ["pointing-game", "mass-accuracy"]


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_methods_and_controls_stand_side_by_side_for_each_truth():
    data = Squares([[("red", 0, 1), ("blue", 3, 0)]])  # masks are the left half of the boxes
    lines = list(table({of: evaluate(detector(), data, InputGradient(), METRICS, truth=of) for of in ("box", "mask")}))
    assert cells(lines[0]) == ["method", "pointing box", "energy box", "pointing mask", "energy mask"]
    rows = {cells(line)[0]: [cell.split()[0] for cell in cells(line)[1:]] for line in lines[2:]}
    assert rows["input-gradient"] == ["1.000", "1.000", "0.500", "0.500"]
    assert rows["*even*"] == ["0.062", "0.062", "0.031", "0.031"]
    assert {"*random*", "*centre*", "*edges*", "*smoothed edges*"} < rows.keys()
    assert cells(lines[2])[0] == "input-gradient"  # the best first


@pytest.mark.parametrize(("largest", "regions"), [(1.0, {"red", "green"}), (0.5, {"green"})])
def test_what_fills_much_of_the_image_is_left_out(largest: float, regions: set[str]):
    red = [("red", row, column) for row in range(4) for column in range(3) if (row, column) != (0, 0)]
    data = ColourMaps([[*red, ("green", 0, 0)]])
    evaluation = smaller(evaluate(segmenter(), data, InputGradient(), METRICS, truth="found"), largest)
    assert {score.region for score in evaluation.map_scores} == regions
    assert evaluation.rows[0].regions == len(regions)
