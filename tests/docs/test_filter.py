"""The filter of tables, in a real browser."""

import shutil
from pathlib import Path

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SCRIPT = Path(__file__).resolve().parents[2] / "docs" / "filter.js"
TABLE = "<table><thead><tr><th>model<th>input<th>rollout<th>CAM<tbody>{}</table>"
PAGE = f"""<div class="filtered" data-from="2"><h2>Classifiers</h2>
{TABLE.format("<tr><td>ViT<td>32<td>✓<td><tr><td>ResNet<td>32<td><td>✓")}
<p>Refused:</p><ul><li>Perceiver: text</ul><h3>Detectors</h3>
{TABLE.format("<tr><td>DETR<td>64<td><td>")}</div>"""
SHOWN = """() => [...document.querySelectorAll("h2, h3, tbody tr, p, li")]
  .filter((element) => element.checkVisibility()).map((element) => element.textContent.trim())"""


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
def test_by_name_by_heading_and_by_ticked_column_with_the_keyboard_alone():
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_content(PAGE)
        whole = page.evaluate(SHOWN)
        page.add_script_tag(path=SCRIPT)
        count = page.get_by_role("status")
        assert page.evaluate(SHOWN) == whole
        assert count.inner_text() == "3 of 3 models"
        page.keyboard.press("Tab")
        page.keyboard.type("vi")
        assert page.evaluate(SHOWN) == ["Classifiers", "ViT32✓"]
        page.keyboard.press("Control+A")
        page.keyboard.type("DETECT")
        assert page.evaluate(SHOWN) == ["Detectors", "DETR64"]
        page.keyboard.press("Control+A")
        page.keyboard.type("text")
        assert page.evaluate(SHOWN) == ["Refused:", "Perceiver: text"]
        page.keyboard.press("Control+A")
        page.keyboard.press("Delete")
        page.keyboard.press("Tab")
        page.keyboard.type("CAM")
        assert page.evaluate(SHOWN) == ["Classifiers", "ResNet32✓"]
        assert count.inner_text() == "1 of 3 models"
        browser.close()
