"""Objects and maps of classes drawn over images."""

from dataclasses import replace

import numpy as np
from matplotlib.colors import to_rgb

from vitxplain.data.sample import ExactBox, LabelledObject
from vitxplain.data.synthetic.scenes import Scenes
from vitxplain.render.colours import CLASSES
from vitxplain.render.objects import class_colour, object_words
from vitxplain.render.sheets.data_sheet import data_sheet

DATA = Scenes(count=3, size=(48, 64))


def pictures(samples):
    figure = data_sheet(samples, DATA.labels, "scenes", "", DATA.map_labels)
    return [axes for axes in figure.axes if axes.images], figure


def words(axes):
    return {text.get_text() for text in axes.texts}


def test_every_object_has_its_box_mask_and_name():
    axes, figure = pictures(list(DATA))
    for drawn, sample in zip(axes, DATA, strict=True):
        assert len(drawn.collections) == 2 * len(sample.objects)
        assert words(drawn) == {labelled.name for labelled in sample.objects}
        colours = {tuple(lines.get_color()[-1][:3]) for lines in drawn.collections}
        assert colours == {to_rgb(class_colour(labelled.label)) for labelled in sample.objects}
    assert object_words(DATA[0].objects) in {text.get_text() for one in figure.axes for text in one.texts}


def test_objects_to_be_ignored_have_no_name_and_boxes_need_no_mask():
    crowd = LabelledObject(0, "$crowd", ExactBox(1, 1, 9.5, 9), ignore=True)
    (drawn,), _ = pictures([replace(DATA[0], objects=(crowd, replace(crowd, ignore=False, name="$one")))])
    assert len(drawn.collections) == 2
    assert words(drawn) == {"$one"}


def test_maps_of_classes_are_shaded_where_there_are_no_objects():
    sample = replace(DATA[1], objects=None)
    (drawn,), _ = pictures([sample])
    shade = np.asarray(drawn.images[1].get_array())
    assert (shade[..., 3] > 0).mean() == np.mean(sample.class_map > 0)
    assert words(drawn) == {DATA.map_labels[number] for number in np.unique(sample.class_map) if number}


def test_images_without_objects_are_drawn_alone():
    (drawn,), _ = pictures([replace(DATA[0], objects=(), class_map=None)])
    assert not drawn.collections


def test_equal_names_are_counted():
    objects = [LabelledObject(0, name, ExactBox(0, 0, 1, 1)) for name in ("dog", "cat, felis", "cat, felis")]
    assert object_words(objects) == "cat (2), dog"
    assert len(set(CLASSES)) == len(CLASSES)
