"""scores.png and curves.png: every word is on the page, and none lies on another."""

import shutil
from itertools import combinations
from pathlib import Path

import pytest
from matplotlib.text import Text

import vitxplain
from vitxplain import evaluate
from vitxplain.evaluation.report.bars import score_bars
from vitxplain.evaluation.report.curve_plots import curve_plots
from vitxplain.render.figure import Picture

LONG = "a-run-of-september-2025-with-a-name-that-goes-on-and-on-lr0.001-seed"
CURVES = ["insertion", "negative-perturbation"]


def words(picture: Picture) -> list[Text]:
    picture.canvas.draw()
    return [one for one in picture.findobj(Text) if one.get_visible() and one.get_text()]


def assert_readable(picture: Picture) -> None:
    found = words(picture)
    page = picture.bbox
    out = [one.get_text() for one in found if not page.containsx(one.get_window_extent().x1)]
    assert not out
    written = [one for one in found if not one.get_text().endswith("%") and not one.get_text()[0].isdecimal()]
    boxes = [(one.get_text(), one.get_window_extent().padded(-1)) for one in written]
    assert not [(a, b) for (a, first), (b, second) in combinations(boxes, 2) if first.overlaps(second)]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    demo = Path(vitxplain.__file__).parent / "demo_models" / "demo-vit"
    folders = [tmp_path_factory.mktemp("runs") / f"{LONG}{number}" for number in (1, 2)]
    for folder in folders:
        shutil.copytree(demo, folder)
    return ["demo-vit", *map(str, folders)]


@pytest.mark.parametrize("metrics", [CURVES[:1], CURVES])
@pytest.mark.parametrize("count", [1, 3])
def test_every_word_is_on_the_page_and_none_on_another(models: list[str], metrics: list[str], count: int) -> None:
    found = evaluate(models[-count:], "digits", "rollout", metrics, limit=2)
    bars, curves = score_bars(found, "about"), curve_plots(found, "about")
    assert_readable(bars)
    said = [one.get_text() for one in words(bars)]
    assert {"better than the best control", "cannot be told from it", "worse than it", "controls"} < set(said)
    assert_readable(curves)
    if count == 3:  # runs whose names begin alike stay two
        assert len({one for one in said if one.startswith("a-run") and "…" in one}) == 2
