"""The contact sheet of a detector or segmenter: a row a scene, the truth, what was found, and a map of each thing."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vitxplain.data.sample import ExactBox, LabelledObject
from vitxplain.data.synthetic.scenes import Scenes
from vitxplain.demo.scenes import Scene, found_region
from vitxplain.explanation.explanation import Explanation
from vitxplain.render.colours import HEAT
from vitxplain.render.compose import blend, photo
from vitxplain.render.display import displayed
from vitxplain.render.figure import colour_bar, panel, sheet
from vitxplain.render.objects import class_colour, outline_objects, resized_mask, shade_classes
from vitxplain.render.outline import outline_box, outline_mask
from vitxplain.render.styles.overlay import ALPHA
from vitxplain.words import percent

SIDE, GAP, TITLE = 2.1, 0.1, 0.26  # inches
BAR, BAR_WORDS = 0.12, 0.6  # inches, of the bar of colours and of what is written beside it
LETTERS = 9.0  # points, of names on the scenes
MOST = 4  # maps of a scene
ENLARGED = 4  # pixels as shown for each of a scene, so that lines are finer than what they enclose


def scene_sheet(model: str, scenes: Sequence[Scene]) -> Figure:
    """Truth and what was found in the same colours, one a class; then a map for each of the first things found."""
    maps = max((min(len(scene.explanations), MOST) for scene in scenes), default=0)
    pitch = SIDE + GAP, SIDE + TITLE + GAP
    word = "objects" if scenes[0].of_objects else "segments"
    figure = sheet(
        (2 + maps) * pitch[0] - GAP + (BAR + BAR_WORDS if maps else 0),
        len(scenes) * pitch[1] - GAP,
        f"{model}: {word} beside the truth",
        f"one colour a class · each map is about one of the {word} found, the best first, {MOST} at most",
    )
    for row, scene in enumerate(scenes):

        def panel_at(column: int, title: str, row: int = row) -> Axes:
            return panel(figure, column * pitch[0], row * pitch[1] + TITLE, SIDE, SIDE, title)

        _truth(panel_at(0, "" if row else "the truth"), scene)
        _found(panel_at(1, "" if row else "what it found"), scene)
        for column, explanation in enumerate(scene.explanations[:MOST], 2):
            target = explanation.target
            _map(panel_at(column, f"{target.name}, {percent(target.probability)}" if target else ""), explanation)
    if maps:
        bar = panel(figure, (2 + maps) * pitch[0], TITLE, BAR, SIDE)
        colour_bar(bar, HEAT, 0, 1, "heat (1 = each map's highest)")
    return figure


def _truth(axes: Axes, scene: Scene) -> None:
    shown = _photograph(axes, scene)
    if scene.of_objects:
        boxes = [LabelledObject(one.label, one.name, one.box) for one in scene.sample.objects or ()]
        outline_objects(axes, boxes, shown, ENLARGED, LETTERS)
    elif scene.sample.class_map is not None:
        shade_classes(axes, scene.sample.class_map, Scenes.map_labels, shown, LETTERS)


def _found(axes: Axes, scene: Scene) -> None:
    shown = _photograph(axes, scene)
    targets = [(one, one.target) for one in scene.explanations if one.target]
    if scene.of_objects:
        objects = [
            LabelledObject(target.index, f"{target.name} {percent(target.probability)}", ExactBox(*target.box))
            for _, target in targets
            if target.box
        ]
        outline_objects(axes, objects, shown, ENLARGED, LETTERS)
        return
    class_map = np.zeros((scene.sample.image.height, scene.sample.image.width), np.int16)
    for explanation, target in targets:
        class_map[found_region(explanation)] = target.index
    shade_classes(axes, class_map, Scenes.map_labels, shown, LETTERS)


def _map(axes: Axes, explanation: Explanation) -> None:
    """The heat map over the greyed scene, with a line round what it is about."""
    small = displayed(explanation)
    axes.imshow(blend(photo(small.image), small.heatmap(), ALPHA), aspect="auto", interpolation="nearest")
    target = small.target
    if target is None:
        return
    colour = class_colour(target.index)
    if target.box is not None:
        outline_box(axes, target.box, colour=colour, width=1.2)
    elif target.region is not None:
        outline_mask(axes, resized_mask(found_region(explanation), small.image.size), colour)


def _photograph(axes: Axes, scene: Scene) -> tuple[int, int]:
    """Show the scene; its (width, height) as shown."""
    width, height = scene.sample.image.size
    shown = ENLARGED * width, ENLARGED * height
    axes.imshow(photo(scene.sample.image.resize(shown, 0)), aspect="auto", interpolation="nearest")
    return shown
