"""The viewer in a real browser: what is drawn is what was recorded, and hands and keys do what they say."""

import csv
import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from PIL import Image

from tests.inspect.viewer_pages import BOXES, HEADS, LAYERS, SIDE, WORDS, attention_of, tensors_of, write_page

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")]

MAP_VALUE = "(place) => { const { map } = window.shown.app.panes[0]; return map.word(map.values[place]); }"
EVIL = '<img src=x onerror="window.broken = 1">'
RECORDS = [("cat", 0, (EVIL, "lynx")), ("cat", 50, ("tabby", "lynx")), (EVIL, 0, ("dog", "fox"))]

OUTSIDE = """() => [...document.querySelector("#vitxplain").shadowRoot
  .querySelectorAll("canvas, button, select, h1, p")]
  .filter((element) => element.offsetParent && !element.closest(".strip, .images, .aside"))
  .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
  .map((element) => element.outerHTML)"""
PICTURES = "(canvases) => canvases.map((canvas) => canvas.toDataURL())"

# The colour in the middle of a patch of a cell of the grid.
PATCH_COLOUR = """([layer, row, y, x, side]) => {
  const canvas = document.querySelector("#vitxplain").shadowRoot.querySelector(".gridbox canvas");
  const box = window.layoutOf(), ratio = canvas.width / canvas.clientWidth;
  const left = box.left + layer * (box.cell[0] + box.gap) + (x + 0.5) * box.cell[0] / side;
  const apart = row >= box.heads ? box.split : 0;
  const top = box.top + row * (box.cell[1] + box.gap) + apart + (y + 0.5) * box.cell[1] / side;
  return [...canvas.getContext("2d").getImageData(Math.floor(left * ratio), Math.floor(top * ratio), 1, 1).data];
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_page(tmp_path_factory.mktemp("page") / "page.html", RECORDS)


class Visit:
    """A page, and what went wrong in it."""

    def __init__(self, browser: Any, file: Path, *, width: int = 1280, link: str = ""):
        self.page = browser.new_page(viewport={"width": width, "height": 800})
        self.page.set_default_timeout(90_000)
        self.troubles: list[str] = []
        self.page.on("console", lambda said: self.troubles.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("request", self.note)
        # The page shows one viewer; its layout is read where the test looks for a pixel.
        self.page.add_init_script("window.layoutOf = () => window.shown.app.panes[0].gridLayout")
        self.page.goto(f"file://{file}#{link}")
        self.page.wait_for_function("document.querySelector('#vitxplain').shadowRoot?.querySelector('.strip canvas')")
        self.page.evaluate("window.shown = document.querySelector('#vitxplain').viewer")
        self.rest()

    def note(self, request: Any) -> None:
        if not request.url.startswith(("file:", "blob:file", "data:")):
            self.troubles.append(f"asked for {request.url}")

    def rest(self) -> None:
        """Until everything came and is drawn: twice, for one thing leads to another."""
        for _ in range(2):
            self.page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 20)))")
            self.page.wait_for_function("window.shown.app.quiet")

    def heading(self) -> str:
        return self.page.locator("h1").first.inner_text()

    def more(self) -> str:
        return self.page.locator(".more").first.inner_text()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
        self.rest()

    def point_of(self, row: int, column: int) -> tuple[float, float]:
        box = self.page.locator(".stage > canvas").first.bounding_box()
        return box["x"] + (column + 0.5) * box["width"] / SIDE, box["y"] + (row + 0.5) * box["height"] / SIDE

    def assert_cell(self, layer: int, row: int, values: np.ndarray) -> None:
        """Every patch of a cell has the colour of its value."""
        table = (255 * matplotlib.colormaps["inferno"](np.arange(256))[:, :3]).round()
        expected = table[np.round(255 * values / values.max()).astype(int)]
        drawn = [
            self.page.evaluate(PATCH_COLOUR, [layer, row, y, x, SIDE])[:3] for y in range(SIDE) for x in range(SIDE)
        ]
        np.testing.assert_allclose(drawn, expected, atol=4)


@pytest.fixture
def visit(browser: Any, file: Path) -> Iterator[Visit]:
    opened = Visit(browser, file, link="layer=2&head=all&record=0&show=attention")
    yield opened
    opened.page.close()
    assert not opened.troubles


def test_pixels_are_the_recorded_values(visit: Visit):
    recorded = attention_of(0)
    for layer, head in ((0, 0), (LAYERS - 1, HEADS - 1)):
        visit.assert_cell(layer, head, recorded[layer, head, 0, 1:])
    visit.assert_cell(1, HEADS, recorded[1].mean(0)[0, 1:])

    visit.page.mouse.move(*visit.point_of(1, 2))
    visit.rest()
    assert visit.heading() == "What patch 2 · 3 looks at"
    query = 1 + SIDE + 2
    visit.assert_cell(2, 1, recorded[2, 1, query, 1:])
    joint = np.eye(recorded.shape[-1])
    for layer in recorded[:3]:
        joint = (0.5 * layer.mean(0) + 0.5 * np.eye(len(joint))) @ joint
    visit.assert_cell(2, HEADS + 1, joint[query, 1:])

    visit.press("x")
    assert visit.heading() == "Who looks at patch 2 · 3"
    visit.assert_cell(3, 2, recorded[3, 2, 1:, query])


def test_a_click_keeps_a_patch_and_keys_move(visit: Visit):
    visit.page.mouse.click(*visit.point_of(3, 3))
    visit.page.mouse.move(*visit.point_of(0, 0))
    visit.rest()
    assert visit.heading() == "What patch 4 · 4 looks at"
    assert visit.page.locator(".tip").inner_text().startswith("Patch 1 · 1: ")
    visit.press("Shift+ArrowLeft", "Shift+ArrowUp")
    assert "patch 3 · 3" in visit.heading()
    visit.press("ArrowRight", "ArrowUp")
    assert visit.more().startswith(f"Layer 3, head {HEADS}")
    visit.press("Escape")
    assert "class token" in visit.heading()


def test_what_is_said_at_the_resting_pointer_follows_what_is_drawn(visit: Visit):
    tip, arrow = visit.page.locator(".tip"), visit.page.locator(".pointer").first
    rests = visit.point_of(1, 4)

    def check() -> None:
        box = visit.page.locator(".stage > canvas").first.bounding_box()
        column = int(SIDE * (rests[0] - box["x"]) / box["width"])
        row = int(SIDE * (rests[1] - box["y"]) / box["height"])
        value = visit.page.evaluate(MAP_VALUE, SIDE * row + column)
        assert tip.inner_text() == f"Patch {row + 1} · {column + 1}: {value}"
        said.append((value, arrow.evaluate("(mark) => mark.style.top")))

    said: list[tuple[str, str]] = []
    visit.page.mouse.click(*visit.point_of(3, 3))
    visit.page.mouse.move(*rests)
    visit.rest()
    check()
    for key in ("Escape", "x", "]", "a"):  # let go, turned, another step, the minimum of the heads
        visit.press(key)
        check()
    assert len({value for value, _ in said}) == len({place for _, place in said}) == 5
    layout = visit.page.evaluate("window.layoutOf()")
    box = visit.page.locator(".gridbox canvas").first.bounding_box()
    y = box["y"] + layout["top"] + layout["split"] + HEADS * (layout["cell"][1] + layout["gap"]) + 5
    visit.page.mouse.move(box["x"] + layout["left"] + 5, y)
    visit.rest()
    before = tip.inner_text()
    assert before.startswith("Layer 1, minimum of the heads: up to")
    visit.press("a")
    assert tip.inner_text().startswith("Layer 1, maximum of the heads: up to")


def test_one_scale_for_all_is_one_for_both_sides(visit: Visit):
    visit.press("k", "r")
    ends = visit.page.locator(".bar .top").all_inner_texts()
    assert len(ends) == 2
    assert ends[0] == ends[1]
    tops = visit.page.evaluate("window.shown.app.panes.map((pane) => [pane.map.top, pane.shared])")
    expected = max(attention_of(seed)[..., 0, 1:].max() for seed in (0, 1))
    np.testing.assert_allclose(tops, expected, rtol=1e-3)


def test_one_scale_is_one_for_every_image(visit: Visit):
    scale = visit.page.locator(".everywhere small")
    assert scale.inner_text() == "each on its own scale"
    each = visit.page.locator(".images canvas").evaluate_all(PICTURES)
    visit.press("r")
    shared = attention_of(0)[..., 0, 1:].max()
    assert scale.inner_text() == f"one scale up to {100 * shared:.0f} %"
    common = visit.page.locator(".images canvas").evaluate_all(PICTURES)
    assert len(common) == 2
    assert all(after != before for after, before in zip(common, each, strict=True))


def test_an_outline_that_is_not_drawn_says_why(visit: Visit):
    note = visit.page.locator(".none")
    visit.page.locator('input[aria-label^="Outline"]').fill("90")
    visit.rest()
    assert note.inner_text().startswith("No outline: 90 % of the map lies in ")
    visit.press("Escape")
    visit.page.locator("h1").click()
    visit.press("m")
    assert note.inner_text() == ""


def test_the_grid_and_the_dots_open_a_head(visit: Visit):
    layout = visit.page.evaluate("window.layoutOf()")
    box = visit.page.locator(".gridbox canvas").first.bounding_box()
    column, row = 1, 2
    x = box["x"] + layout["left"] + column * (layout["cell"][0] + layout["gap"]) + 5
    y = box["y"] + layout["top"] + row * (layout["cell"][1] + layout["gap"]) + 5
    visit.page.mouse.click(x, y)
    visit.rest()
    assert visit.more().startswith("Layer 2, head 3")
    dot = visit.page.evaluate("window.shown.app.panes[0].charts.dots.find((dot) => dot.layer === 3 && dot.head === 1)")
    chart = visit.page.locator(".gridbox canvas").nth(1).bounding_box()
    visit.page.mouse.click(chart["x"] + dot["x"], chart["y"] + dot["y"])
    visit.rest()
    assert visit.more().startswith("Layer 4, head 2")


def test_images_steps_maps_and_comparison(visit: Visit):
    visit.press("]")
    assert visit.page.locator(".prediction").first.inner_text().startswith("tabby")
    visit.press("2")
    assert visit.page.locator(".prediction").first.inner_text().startswith("dog")
    visit.press("n")
    assert visit.heading() == "Where grad-cam sees tabby"
    assert visit.more().endswith("orange speaks for it, blue against it")
    visit.press("1", "k")
    assert visit.page.locator("h1").count() == 2
    visit.page.mouse.move(*visit.point_of(1, 1))
    visit.press("k")
    assert visit.page.locator("h1").count() == 1


def test_what_is_shown_is_saved(visit: Visit):
    visit.press("ArrowUp")  # from all heads to the last head
    saved = {}
    for kind in ("PNG", "SVG", "CSV"):
        with visit.page.expect_download() as coming:
            visit.page.get_by_role("button", name="Save", exact=True).click()
            visit.page.get_by_role("button", name=kind).click()
        assert coming.value.suggested_filename == f"cat.layer2-head-{HEADS}.{kind.lower()}"
        saved[kind] = Path(coming.value.path()).read_bytes()
    _, _, *rows = csv.reader(io.StringIO(saved["CSV"].decode()))
    assert rows[0][:2] == ["class", ""]
    assert rows[8][:2] == ["2", "2"]
    np.testing.assert_allclose([float(row[2]) for row in rows], attention_of(0)[1, HEADS - 1, 0], rtol=1e-5)
    drawing = ElementTree.fromstring(saved["SVG"])
    texts = [element.text for element in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[:2] == [visit.heading(), visit.more()]
    picture = Image.open(io.BytesIO(saved["PNG"]))
    assert min(picture.size) > 300
    assert len(picture.getcolors(10**7) or ()) > 500


def test_steps_play_by_themselves(visit: Visit):
    first = visit.page.locator(".prediction").first
    visit.page.keyboard.press(" ")
    first.get_by_text("tabby").wait_for()
    first.get_by_text(EVIL).wait_for()
    visit.press(" ")
    stays = first.inner_text()
    visit.page.wait_for_timeout(900)
    assert first.inner_text() == stays


def test_positions_are_asked_by_moving(visit: Visit):
    visit.press("n", "n")
    visit.page.mouse.move(*visit.point_of(1, 2))
    visit.rest()
    assert visit.heading() == "Which positions are like patch 2 · 3"
    shown = visit.page.evaluate("[...window.shown.app.panes[0].map.values]")
    np.testing.assert_allclose(shown, tensors_of(0)["positions"][SIDE + 2], atol=1e-6)


def test_boxes_ask_their_object_and_words_are_tiles(browser: Any, file: Path):
    visit = Visit(browser, file, link=f"record={len(RECORDS)}&show=attention&layer=1&head=1")
    assert visit.heading() == "What the average object query looks at"
    visit.page.mouse.click(*visit.point_of(1, 1))
    visit.rest()
    assert visit.heading() == f"What object query {BOXES[0]['query'] + 1} looks at"
    visit.press("ArrowRight", "Escape")
    assert visit.page.locator(".tokens span").all_inner_texts() == WORDS
    visit.page.mouse.click(*visit.point_of(5, 5))
    visit.rest()
    assert visit.heading() == "What patch 6 · 6 looks at"
    assert visit.page.locator(".tokens span").last.get_attribute("title").startswith("word cat: ")
    assert not visit.troubles
    visit.page.close()


def test_names_are_text(visit: Visit):
    assert visit.page.locator(".prediction").first.inner_text().startswith(EVIL)
    visit.press("2")
    assert visit.page.locator("img").count() == 0
    assert visit.page.evaluate("window.broken") is None


def test_a_link_restores_the_view(browser: Any, file: Path):
    first = Visit(
        browser, file, link="record=1&show=attention&layer=3&head=2&at=0.4,0.6&direction=from&scale=log&theme=light"
    )
    first.press("l")
    link = first.page.evaluate("location.hash")
    second = Visit(browser, file, link=link[1:])
    for visit in (first, second):
        assert visit.heading() == "Who looks at patch 4 · 3"
        assert visit.more().startswith("Layer 3, head 2")
        assert visit.page.locator(".page").get_attribute("data-theme") == "light"
        visit.page.close()


def test_the_theme_is_that_of_the_page_around(visit: Visit):
    for ground, theme in (("#111", "dark"), ("#fff", "light"), ("rgba(0, 0, 0, .9)", "dark")):
        visit.page.evaluate("(ground) => { document.body.style.background = ground; }", ground)
        visit.rest()
        assert visit.page.locator(".page").get_attribute("data-theme") == theme
    visit.press("t")  # until the page turns the next time, what is chosen holds, and the page is told of it
    assert visit.page.locator(".page").get_attribute("data-theme") == "light"
    assert visit.page.evaluate("document.documentElement.dataset.theme") == "light"


@pytest.mark.parametrize("width", [1440, 1024, 600, 390])
def test_nothing_sticks_out(browser: Any, file: Path, width: int):
    visit = Visit(browser, file, width=width)
    for keys in ([], ["k"]):  # one alone, then two
        visit.press(*keys)
        assert not visit.page.evaluate(OUTSIDE)
    visit.page.close()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_no_violation(browser: Any, file: Path, sources: Path, theme: str):
    script = sources / "node_modules" / "axe-core" / "axe.min.js"
    visit = Visit(browser, file, link=f"theme={theme}")
    visit.page.add_script_tag(path=str(script))
    for keys in (["?"], ["?", "k"]):  # with the keys open, then two side by side
        visit.press(*keys)
        found = visit.page.evaluate(
            "axe.run(document).then((found) => found.violations.map((v) => [v.id, v.nodes.map((n) => n.html)]))"
        )
        assert not found
    assert visit.page.locator("h1").count() == 2
    visit.page.close()
