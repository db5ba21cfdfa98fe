"""Metrics from names and options, one of them several times."""

import pytest

from vitxplain.errors import OptionError, UnknownNameError
from vitxplain.metrics.average_precision import AveragePrecision
from vitxplain.metrics.build import build, check_name
from vitxplain.metrics.deletion import Deletion
from vitxplain.metrics.pixels import F1, IoU


def test_several_words_for_a_choice_give_the_metric_once_with_each():
    found = build(["deletion", "f1"], {"deletion.baseline": "zero,blur", "steps": "4"}, text=True)
    assert found == {
        "deletion:zero": Deletion(baseline="zero", steps=4),
        "deletion:blur": Deletion(baseline="blur", steps=4),
        "f1": F1(),
    }
    assert build(["deletion"], {"baseline": ["zero", "blur"]}).keys() == {"deletion:zero", "deletion:blur"}


def test_one_word_changes_no_name():
    assert build(["deletion"], {"baseline": "zero"}, text=True) == {"deletion": Deletion(baseline="zero")}
    assert build(["deletion"], {"baseline": "zero,zero"}, text=True) == {"deletion": Deletion(baseline="zero")}


def test_a_choice_behind_the_name():
    asked = ["deletion", "deletion:blur", "iou:otsu", "average-precision:background"]
    assert build(asked, {"deletion.baseline": "zero"}, text=True) == {
        "deletion": Deletion(baseline="zero"),
        "deletion:blur": Deletion(baseline="blur"),  # its name says so
        "iou:otsu": IoU(threshold="otsu"),
        "average-precision:background": AveragePrecision(background=True),
    }


def test_metrics_of_one_kind_are_told_apart():
    given = [F1(threshold="otsu"), Deletion(), F1(), Deletion(baseline="blur", steps=5)]
    assert build(given, {}) == {
        "f1:otsu": F1(threshold="otsu"),
        "deletion": Deletion(),
        "f1": F1(),
        "deletion:blur,steps=5": Deletion(baseline="blur", steps=5),
    }
    assert build([F1(threshold="otsu")], {}).keys() == {"f1"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("deletion:blr", "deletion has no choice 'blr'; there is zero, mean, blur"),
        ("entropy:blur", "entropy has no choice 'blur'; there is none"),
    ],
)
def test_no_such_choice(name: str, said: str):
    with pytest.raises(OptionError, match=said):
        check_name(name)
    with pytest.raises(UnknownNameError, match="Did you mean deletion"):
        check_name("deltion:blur")
    with pytest.raises(OptionError, match="baseline is 'nought'"):
        build(["deletion"], {"baseline": "zero,nought"}, text=True)
