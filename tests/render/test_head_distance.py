"""The chart of heads says what its dots are, and no more."""

import numpy as np

from tests.explanations import explanation


def test_distances_are_marked_local_and_global_beside_uniform_attention():
    values = np.array([[1.0, 30.0], [2.0, 31.0]])
    made = explanation(values, "layer head", method="head-distance", options={"statistic": "distance"})
    axes = made.plot().axes[0]
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert any("local head" in text for text in legend)
    assert any("global head" in text for text in legend)
    assert axes.get_ylabel() == "mean attention distance (px)"


def test_the_legend_names_no_kind_of_head_that_is_absent():
    made = explanation(np.full((2, 2), 1e-9), "layer head", method="head-distance", options={"statistic": "distance"})
    legend = [text.get_text() for text in made.plot().axes[0].get_legend().get_texts()]
    assert any("local head" in text for text in legend)
    assert not any("global head" in text for text in legend)


def test_tiny_values_leave_the_label_of_their_axis_on_the_sheet():
    values = np.array([[1.23e-4, 1.24e-4], [1.24e-4, 1.25e-4]])
    made = explanation(values, "layer head", method="head-distance", options={"statistic": "entropy"})
    figure = made.plot()
    figure.canvas.draw()
    assert figure.axes[0].yaxis.label.get_window_extent().x0 >= 0


def test_another_number_of_heads_is_drawn_under_its_own_name():
    made = explanation(axes="layer head", method="head-distance", options={"statistic": "entropy"})
    assert made.plot().axes[0].get_ylabel() == "entropy"
