"""history.png: no words lie on each other, and trials that are not complete."""

from pathlib import Path

import pytest

from tests.train.ticks import ticks_apart
from vitxplain.train.tuning.picture import tuning_picture
from vitxplain.train.tuning.search_space import Choice, Range, TrialResult

SPACE = {
    "learning_rate": Range(1e-4, 1e-3, log=True),
    "weight_decay": Range(1e-5, 0.3, log=True),
    "narrow": Range(1e-4, 3e-4, log=False),
    "hidden_size": Range(64, 192, log=False, whole=True),
    "augment": Choice(("none", "flip", "crop", "light", "strong")),
}


TRIALS = [
    TrialResult(
        1,
        {"learning_rate": 2e-4, "weight_decay": 0.1, "narrow": 2e-4, "hidden_size": 65, "augment": "none"},
        0.5,
        "complete",
        Path("1"),
    ),
    TrialResult(
        2,
        {"learning_rate": 9e-4, "weight_decay": 0.2, "narrow": 3e-4, "hidden_size": 90, "augment": "crop"},
        0.4,
        "stopped",
        Path("2"),
    ),
    TrialResult(3, {"learning_rate": 9e-4}, None, "failed", Path("3"), "no"),
]


@pytest.mark.parametrize("count", [1, 3])
def test_words_below_the_plots_of_a_search_do_not_touch(count: int):
    picture = tuning_picture(TRIALS[:count], SPACE, "accuracy", highest=True)
    picture.canvas.draw()
    assert [ticks_apart(axes) for axes in picture.axes] == [True] * 6
    assert picture.texts[0].get_text() == "best: trial 1, accuracy 50.0%"


def test_a_search_without_a_complete_trial():
    picture = tuning_picture(TRIALS[1:], SPACE, "loss", highest=False)
    assert picture.texts[0].get_text() == "no trial is complete"
    assert "2 trials, 1 stopped early (crosses), 1 failed (not drawn)" in picture.texts[1].get_text()
