"""The demo's page in a real browser: it opens on the viewer, and the truth is a click away."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vitxplain.demo.page import page, truth_part
from vitxplain.inspect import Writer, open_recording

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
def test_it_opens_on_the_viewer_and_keys_are_for_what_is_on_show(tmp_path: Path):
    attention = np.random.default_rng(0).dirichlet(np.ones(17), size=(2, 2, 17)).astype(np.float32)
    Writer(tmp_path).add("a digit", attention, image=Image.new("RGB", (32, 32), "teal"))
    file = tmp_path / "index.html"
    file.write_text("".join(page(open_recording(tmp_path), truth_part([], 8, {}))), encoding="utf-8")
    asked: list[str] = []
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        shown = browser.new_page()
        shown.on("request", lambda request: asked.append(request.url))
        shown.on("pageerror", lambda error: asked.append(str(error)))
        shown.goto(file.as_uri())
        shown.wait_for_function("document.querySelector('#vitxplain').viewer?.app.panes.length")
        layer = "document.querySelector('#vitxplain').viewer.app.state.layer"
        before = shown.evaluate(layer)
        assert not shown.get_by_role("heading", name="Does the map find the digit?").is_visible()
        shown.get_by_role("link", name="Beside the truth").click()
        assert shown.get_by_role("heading", name="Does the map find the digit?").is_visible()
        shown.keyboard.press("ArrowLeft" if before else "ArrowRight")
        assert shown.evaluate(layer) == before
        shown.get_by_role("link", name="Walk through attention").click()
        shown.keyboard.press("ArrowLeft" if before else "ArrowRight")
        assert shown.evaluate(layer) != before
        browser.close()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
