"""report.html: it stands alone, whatever names hold, and says the verdict first."""

import html
import io
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from vitxplain import evaluate
from vitxplain.evaluation.report.html.curves import curve_picture
from vitxplain.evaluation.report.html.markup import element, join
from vitxplain.evaluation.report.html.page import ReportPart, report_page

HOSTILE = "<img src=x onerror=alert(1)>\"'&\x1b\u202e"
SHOWN = html.escape("<img src=x onerror=alert(1)>\"'&\\x1b\\u202e")


class Tags(HTMLParser):
    """The tags of a page, with their attributes; every one that is opened is closed in turn."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open, self.seen = list[str](), list[tuple[str, dict[str, str | None]]]()
        self.feed(page)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "wbr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    maps = tmp_path_factory.mktemp("maps")
    for name in (HOSTILE, "their-cam"):
        (maps / name).mkdir()
        for image in range(6):
            np.save(maps / name / f"{image:05}.npy", np.random.default_rng(image + len(name)).random((7, 7)))
    found = evaluate([], "digits", [], ["iou", "entropy"], maps=maps, limit=6)
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4)).save(buffer, "png")
    found = replace(found, left_out=("deletion is left out: it asks a model.",))
    part = ReportPart(found, f"on {HOSTILE}", ["a b&c.csv"], {("maps", HOSTILE): buffer.getvalue()})
    return report_page({HOSTILE: part, "others": part}, f"vitx evaluate {HOSTILE}")


def test_no_name_is_markup_and_nothing_is_fetched(page: str) -> None:
    tags = Tags(page).seen
    assert {name for name, _ in tags} & {"script", "link", "iframe", "object"} == set()
    assert [of.get("src", "").partition(",")[0] for name, of in tags if name == "img"] == ["data:image/jpeg;base64"] * 2
    assert {key for _, of in tags for key in of if key.startswith("on")} == set()
    assert {of["href"] for name, of in tags if name == "a"} == {"a%20b%26c.csv"}
    assert not re.search(r"url\(|@import|https?:", page)
    assert f"vitx evaluate {SHOWN}" in page
    assert page.isprintable() or not set("\x1b\u202e") & set(page)


def test_the_verdict_comes_first_and_what_was_left_out_has_its_reason(page: str) -> None:
    parts = [
        "On others",
        'class="verdict',
        "Methods by metrics",
        "controls, which",
        "What was left out",
        "deletion is left",
    ]
    places = [page.index(words, page.index(parts[0])) for words in parts]
    assert places == sorted(places)
    assert page.count("deletion is left out: it asks a model.") == 2
    assert page.count("How it was made") == 1


def test_texts_are_escaped_and_markup_is_not() -> None:
    assert element("td", "a < b", None, element("wbr"), class_='"', open=True, title=None) == (
        '<td class="&quot;" open>a &lt; b<wbr></td>'
    )
    assert join("&", 1) == "&amp;1"


def test_a_curve_outside_its_plot_and_one_that_is_not_defined_are_drawn_within_it() -> None:
    curves = {"cam": np.array([[0, np.nan], [1, 7.0]]), "random": np.array([[0, 0.5], [1, 0.5]])}
    picture = curve_picture(HOSTILE, "higher", curves, {"cam": False, "random": True})
    control, own = (of for name, of in Tags(picture).seen if name == "polyline")
    assert (own["points"], own["stroke"]) == ("44.0,196.0 342.0,24.0", "#0072B2")
    assert control["points"] == "44.0,110.0 342.0,110.0"
