"""The search of the site finds options: rows of tables are in its index, and hyphens before a word are no "without"."""

import runpy
import shutil
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ROWS = """<h2 id="vitx-explain">vitx explain<a class="headerlink" href="#vitx-explain">¶</a></h2><table><tbody>
<tr><td><a href="#vitx-explain-target" id="vitx-explain-target"><code>--target</code></a></td>
<td></td><td>What to explain,
a &lt;class&gt;.</td></tr><tr><td>a row</td><td><a id="aside">without an address</a></td></tr></tbody></table>"""


def test_a_row_with_an_address_is_an_entry_below_its_heading():
    entries = runpy.run_path(str(DOCS / "site_search.py"))["Rows"](ROWS, "reference/cli/").entries
    assert entries == [
        {
            "location": "reference/cli/#vitx-explain-target",
            "title": "vitx explain --target",
            "text": "What to explain, a &lt;class&gt;.",
            "boost": 4,
        }
    ]


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
def test_the_search_reads_an_option_as_a_word_and_the_reader_sees_what_was_typed():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_content('<input data-md-component="search-query"><p data-md-component="search-suggest"></p>')
        page.add_script_tag(path=DOCS / "search.js")
        page.locator("input").press_sequentially("-o --top-k grad-cam - 3")
        assert page.evaluate("document.querySelector('input').value") == "o top-k grad-cam - 3"
        assert page.locator("p").get_attribute("class") == "beside"
        page.keyboard.press("Home")
        page.keyboard.press("Delete")
        page.keyboard.press("Control+A")
        page.keyboard.type("mask")
        assert page.evaluate("document.querySelector('input').value") == "mask"
        assert page.locator("p").get_attribute("class") == ""
        browser.close()
