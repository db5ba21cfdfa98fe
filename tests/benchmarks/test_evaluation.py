"""What is measured of an evaluation counts each pass of the model, and what others share is asked once."""

from benchmarks.evaluation import SMALL, opened, rate


def test_passes_are_counted_and_shared():
    model = opened(SMALL, 32)
    rate(model, "warm", ["pointing-game"], 1)
    row = rate(model, "average-drop and increase", ["average-drop", "increase"], 1)
    # One for the class, one for the map, one for the image's probability, and one for each of five maps.
    assert row["passes an image"] == 8
    assert row["images a second"] > 0
