"""curves.png and history.png: what is marked, and that no words lie on each other."""

from itertools import pairwise
from pathlib import Path

import pytest
from matplotlib.axes import Axes

from vitxplain.train.config.options import TrainOptions
from vitxplain.train.config.run_config import RunConfig
from vitxplain.train.records.curves import best_row, curves
from vitxplain.train.records.metrics_file import Row
from vitxplain.train.run_writer import training_title
from vitxplain.train.tuning.picture import tuning_picture
from vitxplain.train.tuning.search_space import Choice, Range, TrialResult


def row(step: int, split: str, loss: float, accuracy: float) -> Row:
    return Row(1.0, step, split, loss, accuracy, None, 1.0)


def ticks_apart(axes: Axes) -> bool:
    """Whether no number or word below the axes touches the next."""
    boxes = [text.get_window_extent() for text in axes.get_xticklabels() if text.get_text()]
    left, right = axes.get_window_extent().x0 - 30, axes.get_window_extent().x1 + 30
    seen = sorted((box for box in boxes if left < (box.x0 + box.x1) / 2 < right), key=lambda box: box.x0)
    return bool(seen) and all(one.x1 < other.x0 for one, other in pairwise(seen))


ROWS = [
    row(10, "train", 2.0, 0.2),
    row(10, "validation", 1.5, 0.6),
    row(20, "train", 0.5, 0.8),
    row(20, "validation", 0.9, 0.6),
    row(30, "validation", 1.1, 0.5),
]


def test_the_best_row_is_that_whose_weights_are_kept():
    accuracy, loss = best_row(ROWS, "accuracy"), best_row(ROWS, "loss")
    assert accuracy is not None
    assert loss is not None
    assert (accuracy.step, loss.step) == (20, 20)  # of equal accuracies the lower loss
    assert best_row(ROWS[:1], "accuracy") is None


@pytest.mark.parametrize("count", [1, 2, 4, 5])
def test_curves_of_few_evaluations(count: int):
    picture = curves(ROWS[:count], "mine", "scratch on digits", "loss")
    picture.canvas.draw()
    words = [text.get_text() for text in picture.texts]
    assert words[0] == "mine"
    assert ("kept: step" in words[1]) == (count > 1)
    for axes in picture.axes:
        assert ticks_apart(axes)
        styles = [line.get_linestyle() for line in axes.lines if line.get_label() in ("train", "validation")]
        assert len(set(styles)) == len(styles)


def test_both_plots_mark_the_step_that_is_kept():
    picture = curves(ROWS, "mine", "scratch on digits", "loss")
    marked = [line.get_xdata()[0] for axes in picture.axes for line in axes.lines if line.get_label() == "kept"]
    assert marked == [20, 20]
    assert "kept: step 20, the best validation loss" in picture.texts[1].get_text()


def test_what_was_learnt_by_heart_is_called_so():
    config = RunConfig("scratch", "digits", TrainOptions(preset="overfit"))
    assert training_title(config) == "scratch on digits · validation: the training images themselves"
    assert training_title(RunConfig("scratch", "digits", TrainOptions(preset="percent"))) == "scratch on digits"
    picture = curves(ROWS, "mine", training_title(config))
    assert picture.texts[1].get_text().endswith("themselves · kept: step 20, the best validation accuracy")


SPACE = {
    "learning_rate": Range(1e-4, 1e-3, log=True),
    "weight_decay": Range(1e-5, 0.3, log=True),
    "narrow": Range(1e-4, 3e-4, log=False),
    "hidden_size": Range(64, 192, log=False, whole=True),
    "augment": Choice(("none", "flip", "crop", "light", "strong")),
}
TRIED = [
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
    picture = tuning_picture(TRIED[:count], SPACE, "accuracy", highest=True)
    picture.canvas.draw()
    assert [ticks_apart(axes) for axes in picture.axes] == [True] * 6
    assert picture.texts[0].get_text() == "best: trial 1, accuracy 50.0%"


def test_a_search_without_a_complete_trial():
    picture = tuning_picture(TRIED[1:], SPACE, "loss", highest=False)
    assert picture.texts[0].get_text() == "no trial is complete"
    assert "2 trials, 1 stopped early (crosses), 1 failed (not drawn)" in picture.texts[1].get_text()
