"""Which thing found is which true region; and what is kept of it on disk."""

from pathlib import Path

import numpy as np
import pytest

from vitxplain.data.sample import ExactBox
from vitxplain.evaluation.regions.answer import ImageAnswer, RegionAnswer
from vitxplain.evaluation.regions.match import is_there_still, matches
from vitxplain.evaluation.regions.truth import TrueClasses, TrueObjects, TrueRegion
from vitxplain.evaluation.scoring.stored_answers import answer_of, read_answers
from vitxplain.geometry import Geometry
from vitxplain.tasks.detected import Detected

WHOLE = Geometry.identity((10, 100))


def box(left: float, right: float, index: int | None = 0, mask: np.ndarray | None = None) -> TrueRegion:
    return TrueRegion(f"{left}", "dog", index, ExactBox(float(left), 0.0, float(right), 10.0), mask)


def dog(left: float, right: float, index: int = 0) -> Detected:
    return Detected(index, "dog", 0.9, (float(left), 0.0, float(right), 10.0))


def test_one_thing_found_is_one_object():
    truth = TrueObjects({"dog": 0}, "box")
    pairs = matches(truth, [box(0, 10), box(2, 12), box(50, 60)], [dog(1, 11), dog(2, 12), dog(50, 60, index=1)], WHOLE)
    assert [pair.number for pair in pairs] == [0, 1, None]  # the last is of another class
    assert [round(pair.overlap, 3) for pair in pairs] == [round(9 / 11, 3), 1.0, 0.0]
    (lone, lost) = matches(truth, [box(2, 12), box(0, 10)], [dog(2, 12)], WHOLE)
    assert (lone.number, lost.number, lost.nearest) == (0, None, 0)  # missed, though it overlaps by 8 of 12
    (half,) = matches(truth, [box(0, 10)], [dog(0, 4.9)], WHOLE)
    assert (half.number, half.nearest, round(half.overlap, 2)) == (None, 0, 0.49)


def test_of_a_class_the_largest_segment_is_taken_and_all_are_compared():
    mask = np.zeros((10, 100), bool)
    mask[:, :40] = True
    halves = [np.zeros((10, 100), bool) for _ in range(2)]
    halves[0][:, :30], halves[1][:, 30:50] = True, True
    found = [Detected(0, "dog", 0.9, mask=half) for half in halves]
    (match,) = matches(TrueClasses({"dog": 0}, "mask"), [box(0, 40, mask=mask)], found, WHOLE)
    assert (match.number, match.overlap) == (0, pytest.approx(0.8))
    assert not is_there_still(found[0], [found[1]])
    assert is_there_still(found[0], found)
    assert is_there_still(dog(0, 10), [dog(0, 8)])
    assert not is_there_still(dog(0, 10), [dog(0, 4), dog(0, 10, index=1)])


def test_answers_come_back_and_damaged_lines_are_counted(tmp_path: Path):
    answer = ImageAnswer(
        "net", "a.png", (RegionAnswer("dog", "dog", "found", 0.8, 0.9), RegionAnswer("cat", "cat", "missed"))
    )
    lines = [
        answer.as_json(),
        '{"model": "net", "image": "b.png", "regions": [{"region": 1}]}',
        answer.as_json().replace("found", "eaten"),
    ]
    (tmp_path / "found-0.jsonl").write_text("".join(f"{line}\n" for line in lines))
    damaged: list[int] = []
    kept = read_answers(tmp_path, lambda _, count: damaged.append(count))
    assert list(kept.parts([()], answer_of)) == [answer]
    assert damaged == [2]
    assert answer.names == ["dog"]
