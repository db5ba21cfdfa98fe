import numpy as np
import pytest

from tests.data.image_folders import class_folders, noise, save
from vitxplain.data.load import load_data
from vitxplain.data.synthetic.defects import Defects
from vitxplain.data.synthetic.scenes import Scenes
from vitxplain.data.tools.survey import survey


def test_everything_is_counted_and_each_class_is_shown():
    found = survey(Defects(count=50, classes="multi"), count=12, seed=0)
    assert found.images == dict.fromkeys(range(5), 10)
    assert found.marked == {0: 0, 1: 10, 2: 10, 3: 10, 4: 10}
    assert (found.total, found.located, found.skipped) == (50, 50, [])
    labels = [sample.label for sample in found.chosen]
    assert labels == sorted(labels)
    assert {labels.count(label) for label in range(5)} == {2, 3}
    assert len({sample.name for sample in found.chosen}) == 12


def test_a_rare_class_is_shown_whole_and_others_fill_up(tmp_path):
    data = load_data(class_folders(tmp_path, cats=20, dogs=2), options={"ratio": (0, 0, 1)})
    found = survey(data, count=9, seed=0)
    assert [sample.label for sample in found.chosen] == [0] * 7 + [1] * 2
    assert len(survey(data, count=100, seed=0).chosen) == 22
    assert found.located == 0


def test_every_image_may_be_chosen(tmp_path):
    data = load_data(class_folders(tmp_path, cats=6, dogs=6), options={"ratio": (0, 0, 1)})
    seen = {sample.name for seed in range(30) for sample in survey(data, 2, seed).chosen}
    assert len(seen) == 12


def test_sizes_are_least_and_greatest(tmp_path):
    for number, size in enumerate([(5, 9), (7, 3)]):
        save(tmp_path / "a" / f"{number}.png", noise(number, size))
    data = load_data(tmp_path, options={"ratio": (0, 0, 1)})
    assert survey(data, 1, 0).sizes == {0: ((5, 3), (7, 9))}


def test_objects_and_pixels_are_counted_by_name():
    data = Scenes(count=6, size=(64, 64))
    counts = survey(data, 1, 0).counts
    everything = [labelled for sample in data for labelled in sample.objects]
    assert counts.objects.total() == counts.masked.total() == len(everything)
    assert counts.ignored.total() == 0
    heights = [labelled.box.bottom - labelled.box.top for labelled in everything if labelled.label == 0]
    assert (counts.sizes[0][0][0], counts.sizes[0][1][0]) == (min(heights), max(heights))
    assert counts.map_images[0] == 6
    assert counts.share(0) == pytest.approx(np.mean([sample.class_map == 0 for sample in data]))


def test_progress_counts_every_image():
    steps = []
    survey(Defects(count=10), 1, 0, steps.append)
    assert sum(steps) == 10


@pytest.mark.parametrize("count", [1, 5, 8, 13])
def test_the_sheet_holds_any_number(count):
    from vitxplain.render.sheets.data_sheet import data_sheet

    data = Defects(count=20)
    found = survey(data, count, 0)
    figure = data_sheet(found.chosen, data.labels, "defects", "")
    pictures = [axes for axes in figure.axes if axes.images]
    assert len(pictures) == count
    lines = sum(bool(axes.collections) for axes in pictures)
    assert lines == sum(sample.label for sample in found.chosen)  # an outline on each defect, on no good tile
