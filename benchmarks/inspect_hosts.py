"""How soon the viewer shows its first picture, and by how many requests: from TensorBoard, `vitx serve` and a file.

python benchmarks/inspect_hosts.py [--out docs/performance]
Needs playwright, a Chromium, TensorBoard and Starlette; attention is noise.

Counted from where the browser begins to load the viewer's own frame. A log folder holds 200 records of a ViT-B/16.
"""

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from urllib.request import urlopen

import numpy as np
from playwright.sync_api import Browser, sync_playwright

from vitxplain.inspect import Writer, open_recording
from vitxplain.inspect.hosts.served import Served

RECORDS, VISITS = 200, 5
BARS = {"TensorBoard": 500.0, "vitx serve": 500.0, "a file": 500.0, "listing": 300.0}  # milliseconds
PHOTOGRAPH = Path(__file__).parents[1] / "examples" / "cat.jpg"
# When the first picture is there: the photograph with its heat is drawn.
FIRST = """
const look = () => {
  const root = document.querySelector("main")?.shadowRoot;
  if (!root?.querySelector(".stage > canvas")) return void requestAnimationFrame(look);
  requestAnimationFrame(() => { window.firstPicture = performance.now(); });
};
look();
"""
VISIT = "0" * 32  # whose recordings the page of `vitx serve` shows
REQUESTS = """performance.getEntriesByType("resource")
  .filter((one) => one.name.includes("recording?") && one.startTime < window.firstPicture).length"""


def recorded(folder: Path, layers: int, heads: int, tokens: int, count: int = 1) -> Path:
    """A folder of `count` records with noise for attention."""
    generator = np.random.default_rng(0)
    weights = [generator.random((heads, tokens, tokens), np.float32) ** 8 for _ in range(layers)]
    for layer in weights:
        layer /= layer.sum(-1, keepdims=True)
    file = Writer(folder).add("noise", weights, image=PHOTOGRAPH)
    content = file.read_bytes()
    for number in range(1, count):
        (file.parent / f"{number:09d}.noise.safetensors").write_bytes(content)
    return folder


@contextmanager
def tensorboard(folder: Path) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(folder), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield answering(f"http://127.0.0.1:{port}/")
    finally:
        process.terminate()
        process.wait()


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    import uvicorn

    from vitxplain import load_model
    from vitxplain.inspect.hosts.serve import application

    port = free_port()
    visits = folder.with_name(f"{folder.name}-visits")
    visits.mkdir(exist_ok=True)
    (visits / VISIT).symlink_to(folder)
    app = application(["demo-vit"], visits, load_model)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    thread = Thread(target=server.run)
    thread.start()
    try:
        yield answering(f"http://127.0.0.1:{port}/models.json").removesuffix("models.json")
    finally:
        server.should_exit = True
        thread.join()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def answering(address: str) -> str:
    for _ in range(240):
        try:
            urlopen(address, timeout=5).close()
            return address
        except OSError:
            time.sleep(0.25)
    raise SystemExit(f"nothing answers at {address}")


def first_picture(browser: Browser, address: str, frame: str = "") -> dict[str, float]:
    """Medians over visits, each with an empty cache; requests are those for parts of recordings."""
    times, requests = [], []
    for _ in range(VISITS):
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        page = context.new_page()
        page.add_init_script(FIRST)
        page.add_init_script(f"try {{ sessionStorage.setItem('vitxplain.visit', '{VISIT}') }} catch {{}}")
        page.goto(address)
        if frame:
            page.wait_for_selector("iframe", timeout=60_000)
        inside = next(one for one in page.frames if frame in one.url) if frame else page.main_frame
        while not inside.evaluate("window.firstPicture"):  # what waits within the page is refused by its policy
            page.wait_for_timeout(20)
        times.append(inside.evaluate("window.firstPicture"))
        requests.append(inside.evaluate(REQUESTS))
        context.close()
    return {"ms": statistics.median(times), "slowest": max(times), "requests by then": statistics.median(requests)}


def milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path)
    out = parser.parse_args().out
    load = round(os.getloadavg()[0])  # of other work, before this one's
    figures: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as name, sync_playwright() as started:
        folder = Path(name)
        runs = recorded(folder / "runs", 12, 12, 197, RECORDS)
        served = Served(lambda: {"": runs})
        figures["listing"] = {"ms": milliseconds(served.index), "again": milliseconds(served.index)}
        page = open_recording(recorded(folder / "dino", 12, 6, 901)).save(folder / "page.html", full=True)
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        figures["a file"] = {"MB": page.stat().st_size / 1e6, **first_picture(browser, f"file://{page}")}
        with tensorboard(runs) as address:
            figures["TensorBoard"] = first_picture(browser, f"{address}#vitxplain", "plugin_entry")
        with serve(runs) as address:
            figures["vitx serve"] = first_picture(browser, address)
        browser.close()
    print(json.dumps(figures, indent=2))
    if out:
        report = {"load": load, "visits": VISITS, "records": RECORDS, "results": figures}
        (out / "hosts.json").write_text(json.dumps(report, indent=1) + "\n")
    missed = [name for name, bar in BARS.items() if figures[name]["ms"] > bar]
    print(f"Bars missed: {', '.join(missed)}" if missed else "All bars are held.")
    raise SystemExit(bool(missed))


if __name__ == "__main__":
    main()
