"""How soon a large file shows its first picture, in headless Chromium.

python benchmarks/inspect_opening.py [--out docs/performance] [--runs 5]
Needs playwright and a Chromium. The file has the size of a DINO ViT-S/16 at 480 px, recorded whole; attention is noise.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, sync_playwright

from vitxplain.inspect import Writer, open_recording

LAYERS, HEADS, SIDE = 12, 6, 30
BAR = 0.5  # seconds
# The frame in which the maps stand in the page.
WATCH = """
const look = () => requestAnimationFrame(() => {
  if (!document.querySelector("#vitxplain")?.shadowRoot?.querySelector(".gridbox")) return look();
  requestAnimationFrame(() => { window.first = performance.now(); });
});
look();
"""


def write(folder: Path) -> Path:
    generator = np.random.default_rng(0)
    tokens = SIDE * SIDE + 1

    def layer() -> np.ndarray:
        weights = np.exp(2 * generator.standard_normal((HEADS, tokens, tokens), dtype=np.float32))
        return weights / weights.sum(-1, keepdims=True)

    picture = generator.integers(0, 255, (30, 40, 3), dtype=np.uint8).repeat(16, 0).repeat(16, 1)
    Writer(folder, model="noise").add("noise", [layer() for _ in range(LAYERS)], image=picture, prediction={"noise": 1})
    return open_recording(folder).save(folder / "page.html", full=True)


def opened(browser: Browser, file: Path) -> tuple[float, float]:
    """Seconds from the start of the navigation to the first picture, and until all is read."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.add_init_script(WATCH)
    page.goto(f"file://{file}", wait_until="commit")
    page.wait_for_function("window.first && document.readyState === 'complete'", timeout=120_000)
    first, whole = page.evaluate("[window.first, performance.getEntriesByType('navigation')[0].domInteractive]")
    page.close()
    return first / 1000, whole / 1000


def main() -> None:
    """Measure, print the figures and write them as JSON; exits with 1 where the bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="folder of opening.json, from which docs/viewer_performance.py writes")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    load = round(os.getloadavg()[0])  # of other work, before this one's
    with sync_playwright() as started, tempfile.TemporaryDirectory() as folder:
        file = write(Path(folder))
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        opened(browser, file)  # the browser starts
        times = [opened(browser, file) for _ in range(arguments.runs)]
        report = {
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, headless Chromium {browser.version}",
            "load": load,
            "MB of the file": file.stat().st_size / 1e6,
            "runs": arguments.runs,
            "first picture, least s": min(first for first, _ in times),
            "first picture, median s": statistics.median(first for first, _ in times),
            "all read, least s": min(whole for _, whole in times),
        }
        browser.close()
    print(json.dumps(report, indent=1))
    if arguments.out is not None:
        (arguments.out / "opening.json").write_text(json.dumps(report, indent=1) + "\n")
    raise SystemExit(report["first picture, least s"] > BAR)


if __name__ == "__main__":
    main()
