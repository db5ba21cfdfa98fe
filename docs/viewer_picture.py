"""Draw docs/images/viewer.webp, the viewer of the site as people first see it: `python docs/viewer_picture.py`.

Needs the extras `docs` and `browser`, and Chromium.
"""

import shutil
import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

DOCS = Path(__file__).resolve().parent
WINDOW = {"width": 1200, "height": 904}


def main() -> None:
    sys.path.insert(0, str(DOCS))
    from site_hooks import viewer

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport=WINDOW, color_scheme="dark")
        page.set_content(viewer())
        page.locator("#vitxplain canvas").first.wait_for(timeout=60_000)
        page.wait_for_timeout(1500)
        picture = Image.open(BytesIO(page.screenshot()))
        browser.close()
    picture.convert("RGB").save(DOCS / "images" / "viewer.webp", quality=80, method=6)


if __name__ == "__main__":
    main()
