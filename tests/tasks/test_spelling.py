"""Targets as text: what is a class is one, whatever it looks like; the rest is read, or refused in words."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vitxplain.errors import TargetError
from vitxplain.tasks.spelled_targets import spelled_targets
from vitxplain.tasks.spelling import Spelling, spelled

LABELS = {0: "cat", 1: "dog", 2: "cat~dog", 3: "a#1", 4: "tench, Tinca tinca", 5: "7"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, Spelling()),
        ("all", Spelling("all", everything=True)),
        ("cat", Spelling("cat", index=0)),
        (" cat ", Spelling("cat", index=0)),
        ("Tinca tinca", Spelling("Tinca tinca", index=4)),
        ("cat~dog", Spelling("cat~dog", index=2)),
        ("dog~cat", Spelling("dog~cat", index=1, against=0)),
        ("cat~dog~cat", Spelling("cat~dog~cat", index=2, against=0)),
        ("dog~cat~dog", Spelling("dog~cat~dog", index=1, against=2)),
        ("dog#2~a#1", Spelling("dog#2~a#1", index=1, number=2, against=3)),
        ("a#1#0", Spelling("a#1#0", index=3, number=0)),
        ("name:7", Spelling("name:7", index=5)),
        (5, Spelling("5", index=5)),
        ("object:2", Spelling("object:2", number=2)),
        ("segment: 2", Spelling("segment: 2", number=2)),
        ("box:-1.5,2,3,4.25", Spelling("box:-1.5,2,3,4.25", box=(-1.5, 2, 3, 4.25))),
        ("@3.5, 4", Spelling("@3.5, 4", point=(3.5, 4))),
        (Spelling(number=3), Spelling(number=3)),
    ],
)
def test_what_a_text_means(text: object, expected: Spelling) -> None:
    assert spelled(text, LABELS) == expected


@given(text=st.text(alphabet="catdog~#@:,.0123456789- albox", max_size=16))
@settings(max_examples=25, deadline=None)
def test_any_text_is_a_target_or_refused_in_one_sentence(text: str) -> None:
    try:
        spelling = spelled(text, LABELS)
    except TargetError as error:
        spelling, words = None, str(error)
    if spelling is None:
        assert words.endswith((".", "?"))
    else:
        assert spelling.index is None or spelling.index in LABELS
        assert spelling.against != spelling.index or spelling.index is None


@given(box=st.tuples(*[st.floats(-1e4, 1e4).map(lambda side: round(side, 2))] * 4))
@settings(max_examples=25, deadline=None)
def test_boxes_are_read_as_they_are_written(box: tuple[float, float, float, float]) -> None:
    text = "box:" + ",".join(f"{side:.2f}" for side in box)
    if box[0] < box[2] and box[1] < box[3]:
        assert spelled(text, LABELS).box == box
    else:
        with pytest.raises(TargetError, match="is an empty box"):
            spelled(text, LABELS)


def test_masks_are_regions() -> None:
    mask = np.eye(4, dtype=bool)
    assert np.array_equal(spelled(mask, LABELS).region, mask)
    with pytest.raises(TargetError, match="array of bool.*this one is of uint8; give mask > 0"):
        spelled_targets(mask.astype(np.uint8), LABELS)
    with pytest.raises(TargetError, match="the mask of the target is empty: none of its pixels is set"):
        spelled(~np.ones((4, 4), bool), LABELS)
