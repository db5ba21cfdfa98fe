"""compare: every cell is the map that `explain` gives, or says why there is none; what varies has its name."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import vitxplain
from tests.explanations import photograph
from vitxplain import compare, explain
from vitxplain.comparison.arrange import grid_of, placement
from vitxplain.comparison.comparison import IMAGES, METHODS, MODELS, SIDES, TARGETS, compared
from vitxplain.comparison.names import with_names
from vitxplain.comparison.run import entries_of
from vitxplain.data.sample import Box, Sample
from vitxplain.errors import ImageError, OptionError, TargetError, UnknownNameError, UnsupportedModelError, UsageError
from vitxplain.explainers.attention_rollout import AttentionRollout
from vitxplain.models.vision_model import VisionModel
from vitxplain.render.sheets.cells import Heading, MapCell, WordCell
from vitxplain.testing import tiny_cnn, tiny_vit

PHOTO = photograph(40, 60)


@pytest.fixture(scope="module")
def vit() -> VisionModel:
    return replace(tiny_vit(), source="a-vit")


@pytest.fixture(scope="module")
def cnn() -> VisionModel:
    return replace(tiny_cnn(), source="a-cnn")


def grid(*sides, **options):
    controls, rows = options.pop("controls", ()), options.pop("rows", None)
    made = compared(entries_of(*sides, controls), lambda model: model, options)
    return grid_of(made, rows=rows)


def test_every_cell_is_the_map_of_explain_or_a_reason(vit: VisionModel, cnn: VisionModel):
    made = grid([PHOTO], [vit, cnn], ["grad-cam", "rollout"], ["star"])
    assert made.rows == [Heading("a-vit"), Heading("a-cnn")]
    assert made.columns == [Heading("image"), Heading("grad-cam"), Heading("attention-rollout")]
    for row, model in enumerate((vit, cnn)):
        photo, grad_cam, rollout = made.cells[row]
        assert isinstance(photo, MapCell)
        assert photo.plain
        alone = explain(model, PHOTO, "grad-cam", target="star")
        np.testing.assert_allclose(grad_cam.explanation.values, alone.values, rtol=1e-4, atol=1e-6)
        assert grad_cam.caption.startswith("star · ") or photo.caption.startswith("says star · ")
        assert isinstance(rollout, WordCell) == (model is cnn)
    assert made.cells[1][2].reason == "attention-rollout does not fit: it has no attention"


def test_targets_and_methods_share_a_forward_pass(vit: VisionModel):
    vit.probe()
    runs = []
    handle = vit.module.register_forward_hook(lambda *_: runs.append(1))
    try:
        made = grid([PHOTO], vit, ["grad-cam", "rollout", "gradient-attention"], ["star", "cross", "star~cross"])
    finally:
        handle.remove()
    assert len(runs) == 1
    assert made.rows == [Heading("star"), Heading("cross"), Heading("star~cross")]
    assert [row[0] is None for row in made.cells] == [False, True, True]  # the photograph once


def test_what_fails_is_a_cell_and_the_rest_is_drawn(vit: VisionModel, tmp_path: Path):
    made = grid([PHOTO, str(tmp_path / "none.png")], vit, ["grad-cam", "head-distance"], ["star", "kat"])
    cells = {
        (heading.group, heading.text, column.text): cell
        for heading, row in zip(made.rows, made.cells, strict=True)
        for column, cell in zip(made.columns, row, strict=True)
    }
    assert isinstance(cells["image 1", "star", "grad-cam"], MapCell)
    assert "no class named 'kat'" in cells["image 1", "kat", "grad-cam"].reason
    assert "none.png does not exist" in cells["none", "star", "grad-cam"].reason
    assert cells["image 1", "star", "head-distance"].reason.startswith("no map of the image: head-distance gives")
    with pytest.raises(ImageError, match="does not exist"):
        compare(str(tmp_path / "none.png"), vit, "grad-cam")
    with pytest.raises(UnsupportedModelError, match="cam does not fit"):
        compare(PHOTO, vit, "cam")


def test_options_and_controls_are_columns_and_random_weights_rows(vit: VisionModel):
    rollouts = [AttentionRollout(), AttentionRollout(head_fusion="max")]
    made = grid([PHOTO], vit, rollouts, None, controls=["centre", "random-weights"])
    names = ["image", "attention-rollout", "attention-rollout (head_fusion=max)", "centre (control)"]
    assert [heading.text for heading in made.columns] == names
    assert [heading.text for heading in made.rows] == ["a-vit", "a-vit, random weights"]
    own, randomised = (row[1].explanation.values for row in made.cells)
    assert not np.allclose(own, randomised)
    np.testing.assert_array_equal(own, explain(vit, PHOTO, "rollout").values)
    assert made.cells[0][3].explanation.heatmap()[20, 30] > 0.99  # the middle of the image
    made = grid([PHOTO, PHOTO], vit, ["rollout", "grad-cam"], None, controls=["centre", "random-weights"])
    assert made.headline == "2 images, 1 model, 2 methods, 2 controls"


def test_one_scale_for_the_maps_of_a_method(vit: VisionModel):
    made = compared(entries_of([PHOTO], vit, ["grad-cam"], ["star", "cross"]), lambda model: model, {})
    cells = [cell for row in grid_of(made, shared_scale=True).cells for cell in row if cell and not cell.plain]
    (limits,) = {cell.limits for cell in cells}
    assert limits[1] == pytest.approx(max(float(cell.explanation.values.max()) for cell in cells))


@pytest.mark.parametrize(
    ("free", "rows", "columns"),
    [
        ((), (), ()),
        ((IMAGES,), (IMAGES,), ()),
        ((METHODS,), (), (METHODS,)),
        ((IMAGES, MODELS), (IMAGES,), (MODELS,)),
        ((MODELS, TARGETS), (MODELS,), (TARGETS,)),
        ((IMAGES, METHODS, TARGETS), (IMAGES, TARGETS), (METHODS,)),
        (SIDES, (IMAGES, MODELS), (TARGETS, METHODS)),
    ],
)
def test_what_varies_is_rows_and_columns(free: tuple[str, ...], rows: tuple[str, ...], columns: tuple[str, ...]):
    counts = {side: 2 if side in free else 1 for side in SIDES}
    assert placement(counts) == (rows, columns)
    assert placement(counts, columns) == (tuple(s for s in columns if s in free), tuple(s for s in SIDES if s in rows))


def test_the_figure_fits_its_page_and_outlines_the_truth(vit: VisionModel, cnn: VisionModel):
    mask = np.zeros((40, 60), bool)
    mask[5:20, 5:30] = True
    samples = [Sample(PHOTO, 0, "one.png", mask), Sample(photograph(200, 12), 1, "tall.png", boxes=(Box(1, 2, 9, 90),))]
    figure = compare(samples, [vit, cnn], "grad-cam", ["star", "square"], controls=True, title="A long title, " * 20)
    figure.canvas.draw()
    drawn = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert drawn.x0 >= 0 <= drawn.y0
    assert drawn.x1 <= width
    assert drawn.y1 <= height
    outlined = [axes for axes in figure.axes if axes.images and axes.collections]
    assert len(outlined) == 4 + 2 * 2 * 2 * 2  # photographs, then maps of two methods
    assert compare(samples[0], vit).texts[1].get_text().endswith("green: the known object")


def test_a_width_is_that_of_the_figure_and_too_many_columns_are_refused_before_the_work(vit: VisionModel):
    figure = compare(PHOTO, vit, ["grad-cam", "rollout", "gradient-attention"], 3, width="column", title="")
    assert figure.get_size_inches()[0] == 3.25
    assert figure.texts == []
    methods = [AttentionRollout(discard_ratio=share / 10) for share in range(8)]
    with pytest.raises(
        OptionError, match=r"^width is 3.25 inches, in which 5 columns .* has 9 columns, .* at least \d"
    ):
        compare(PHOTO, "a-model-that-is-never-opened", methods, ["star", "cross"], width="column")
    with pytest.raises(OptionError, match=r'width is \'colunm\'; it takes inches, .* "column" \(3.25 inches\)'):
        compare(PHOTO, vit, width="colunm")


def test_mistakes(vit: VisionModel):
    with pytest.raises(UnknownNameError, match="no control 'center'; did you mean centre"):
        compare(PHOTO, vit, controls="center")
    with pytest.raises(UsageError, match="rows takes some of images"):
        compare(PHOTO, vit, rows="pictures")
    with pytest.raises(TargetError, match="name them"):
        compare(PHOTO, vit, targets="all")
    with pytest.raises(UsageError, match="no models"):
        compare(PHOTO, [])
    assert vitxplain.compare is compare
    assert isinstance(PHOTO, Image.Image)


def test_a_class_that_stands_below_the_photograph_is_not_repeated_below_its_maps(vit: VisionModel):
    images = [PHOTO, photograph(50, 50)]
    top = [explain(vit, image).prediction.names for image in images]
    made = grid(images, vit, ["grad-cam", "gradient-attention"], [None, top[0][1]])
    for row, names in zip(made.cells[::2], top, strict=True):
        assert row[0].caption.startswith(f"says {names[0]} · ")
        assert [cell.caption for cell in row[1:]] == ["", ""]
    assert all(cell.caption.startswith(f"{top[0][1]} · ") for cell in made.cells[1][1:])
    across = grid(images, vit, "grad-cam", None, rows=[METHODS])  # above them the photographs say nothing
    assert all(" · " in cell.caption for cell in across.cells[1])


def test_names_of_ones_own(vit: VisionModel, cnn: VisionModel):
    entries = entries_of([PHOTO], [vit, cnn], ["rollout", "auto"], ["star"], ["centre"])
    names = {"a-vit": "Ours", "attention-rollout": "Rollout", "auto": "Best", "centre (control)": "Blob"}
    made = grid_of(compared(with_names(entries, names), lambda model: model, {}))
    assert [heading.text for heading in made.rows] == ["Ours", "a-cnn"]
    assert [heading.text for heading in made.columns] == ["image", "Rollout", "Best", "Blob"]
    with pytest.raises(UsageError, match="names gives 'rolout' another name, .* did you mean rollout"):
        compare(PHOTO, "a-model-that-is-never-opened", "rollout", names={"rolout": "Rollout"})
