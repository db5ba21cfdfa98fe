"""Open every page of the built site at two widths and say what does not fit: `python docs/page_widths.py [SITE]`.

Needs the extra `browser`, and Chromium. Exit code 1 where a page is wider than the window, or text is cut off.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

SITE = Path(__file__).resolve().parents[1] / "site"
WIDTHS = (1400, 400)
# Elements beyond the window that nothing around them scrolls into view, and elements that cut off what is in them.
OUTSIDE = """() => {
  const wide = document.documentElement.clientWidth;
  const style = (element, name) => getComputedStyle(element)[name];
  const scrolled = (element) => [...ancestors(element)].some((one) =>
    /auto|scroll/.test(style(one, "overflowX")) || style(one, "position") === "fixed");
  function* ancestors(element) {
    while ((element = element.parentElement) && element !== document.body) yield element;
  }
  const name = (element) => `${element.tagName.toLowerCase()} "${element.textContent.trim().slice(0, 40)}"`;
  const found = document.documentElement.scrollWidth > wide ? ["the page"] : [];
  for (const element of document.querySelectorAll(".md-content *, .md-tabs *")) {
    const { left, right, width, height } = element.getBoundingClientRect();
    if (!width || !height) continue;
    const cut = /hidden|clip/.test(style(element, "overflowX")) && element.scrollWidth > element.clientWidth + 1;
    if (cut || ((right > wide + 1 || left < -1) && !scrolled(element))) found.push(name(element));
  }
  return found;
}"""


def main(site: Path) -> int:
    """How many pages do not fit."""
    failed = 0
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page()
        for file in sorted(site.rglob("index.html")):
            page.goto(file.as_uri(), wait_until="domcontentloaded")
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                if found := page.evaluate(OUTSIDE):
                    failed += 1
                    print(f"{file.relative_to(site).parent} at {width} px: {', '.join(found[:5])}")
        browser.close()
    return failed


if __name__ == "__main__":
    sys.exit(bool(main(Path(sys.argv[1]) if len(sys.argv) > 1 else SITE)))
