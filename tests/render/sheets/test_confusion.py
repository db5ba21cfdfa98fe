"""The confusion matrix as a picture: nothing overlaps, and no space is left over."""

import numpy as np
import pytest

from vitxplain.render.sheets.confusion import confusion_sheet


@pytest.mark.parametrize("name", ["{}", "a rather long name {}"])
@pytest.mark.parametrize("classes", [1, 2, 3, 10, 100])
def test_the_page_fits_what_is_on_it(classes: int, name: str):
    counts = np.hstack([3 * np.eye(classes, dtype=int), np.zeros((classes, 1), int)])
    picture = confusion_sheet(counts, [name.format(index) for index in range(classes)], "model on data (test)")
    picture.canvas.draw()
    drawn = picture.get_tightbbox().padded(0)
    width, height = picture.get_size_inches()
    assert drawn.x0 > 0 < drawn.y0
    assert drawn.y0 < 0.45
    assert drawn.x1 < width > 0.75 * drawn.width
    matrix = picture.axes[0].get_position()
    assert matrix.width * width >= 2.4 - 1e-9
    assert matrix.height * height > 0.4 * height


def test_predictions_of_other_classes_have_a_column():
    picture = confusion_sheet(np.array([[1, 0, 2], [0, 3, 0]]), ["a", "b"], "")
    assert [text.get_text() for text in picture.axes[0].get_xticklabels()] == ["a", "b", "other"]
    assert [text.get_text() for text in picture.axes[0].get_yticklabels()] == ["a", "b"]
    assert sorted(text.get_text() for text in picture.axes[0].texts) == ["1", "2", "3"]
