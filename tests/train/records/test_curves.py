"""curves.png: what is marked, and that no words lie on each other."""

import pytest

from tests.train.ticks import ticks_apart
from vitxplain.train.config.options import TrainOptions
from vitxplain.train.config.run_config import RunConfig
from vitxplain.train.records.curves import best_row, curves
from vitxplain.train.records.metrics_file import Row
from vitxplain.train.run_writer import training_title


def row(step: int, split: str, loss: float, accuracy: float) -> Row:
    return Row(1.0, step, split, loss, {"accuracy": accuracy}, None, 1.0)


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
    assert ("the only one that was evaluated" in words[1]) == (count == 2)
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
