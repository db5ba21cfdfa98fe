"""A browser before a real server: what is drawn, and what went wrong."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import matplotlib
import numpy as np

from vitxplain.inspect import Writer, open_recording

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
LAYERS, HEADS, SIDE = 3, 4, 14
SECONDS = 90

# The viewer of a frame, wherever the host put it.
FIND = "[...document.querySelectorAll('*')].find((element) => element.viewer?.app)"
READY = (
    f"() => {{ const found = {FIND}; return Boolean(found?.viewer.app.panes[0]?.recording.attention.every(Boolean)); }}"
)
# The colours in the middle of the patches of one cell of the grid.
COLOURS = f"""([layer, row, side]) => {{
  const found = {FIND}, box = found.viewer.app.panes[0].gridLayout;
  const canvas = found.shadowRoot.querySelector(".gridbox canvas"), ratio = canvas.width / canvas.clientWidth;
  const pixels = canvas.getContext("2d");
  const left = box.left + layer * (box.cell[0] + box.gap), top = box.top + row * (box.cell[1] + box.gap);
  return Array.from({{ length: side * side }}, (_, patch) => {{
    const x = left + ((patch % side) + 0.5) * box.cell[0] / side;
    const y = top + (Math.floor(patch / side) + 0.5) * box.cell[1] / side;
    return [...pixels.getImageData(Math.floor(x * ratio), Math.floor(y * ratio), 1, 1).data].slice(0, 3);
  }});
}}"""


def recorded(folder: Path) -> np.ndarray:
    """Two steps of one picture; returns the attention of the first, (layer, head, query, key), as it was recorded."""
    generator = np.random.default_rng(0)
    for step in (0, 10):
        logits = 2 * generator.normal(size=(LAYERS, HEADS, SIDE**2 + 1, SIDE**2 + 1))
        weights = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
        picture = generator.integers(0, 255, (224, 224, 3), np.uint8)
        Writer(folder).add("cat", weights.astype(np.float32), image=picture, step=step, prediction={"cat": 0.9})
    first = open_recording(folder).records[0]
    return np.stack([first.attention(layer) for layer in range(LAYERS)])


class Visit:
    """A page of a host; what it asks for, and what went wrong in it."""

    def __init__(self, browser: Any, address: str, *, width: int = 1280) -> None:
        self.context = browser.new_context(viewport={"width": width, "height": 900})
        self.page = self.context.new_page()
        self.own = address.split("/")[2]
        self.troubles: list[str] = []
        self.requests: list[Any] = []
        self.page.on("console", lambda said: self.troubles.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("request", self._note)
        self.page.goto(address)

    def _note(self, request: Any) -> None:
        self.requests.append(request)
        scheme, _, rest = request.url.partition(":")
        if scheme not in ("data", "blob") and rest.split("/")[2] != self.own:
            self.troubles.append(f"asked for {request.url}")

    def frame(self, part: str) -> Any:
        """The frame whose address has this part."""
        return self.wait(lambda: next((frame for frame in self.page.frames if part in frame.url), None))

    def wait(self, found: Any) -> Any:
        """What a function finds; waiting within the page is what a policy of a page refuses."""
        end = time.monotonic() + SECONDS
        while not (result := found()):
            assert time.monotonic() < end, self.troubles or "what was waited for did not come"
            self.page.wait_for_timeout(50)
        return result

    def wait_for_viewer(self, frame: Any) -> None:
        self.wait(lambda: frame.evaluate(READY))
        self.page.wait_for_timeout(250)  # it draws with the next frames

    def close(self) -> None:
        self.context.close()
        assert not self.troubles, self.troubles


def assert_cell(frame: Any, layer: int, row: int, values: np.ndarray) -> None:
    """Every patch of a cell of the grid has the colour of its value."""
    table = (255 * matplotlib.colormaps["inferno"](np.arange(256))[:, :3]).round()
    expected = table[np.round(255 * values / values.max()).astype(int)]
    np.testing.assert_allclose(frame.evaluate(COLOURS, [layer, row, SIDE]), expected, atol=4)


def click_patch(visit: Visit, frame: Any, row: int, column: int) -> None:
    stage = frame.locator(".stage > canvas").first
    stage.scroll_into_view_if_needed()
    boxes = [None]
    while boxes[-1] is None or boxes[-1] != boxes[-2]:  # it grows and shrinks with what comes in beside it
        visit.page.wait_for_timeout(300)
        boxes.append(stage.bounding_box())
    box = boxes[-1]
    place = {"x": (column + 0.5) * box["width"] / SIDE, "y": (row + 0.5) * box["height"] / SIDE}
    stage.click(position=place)
    visit.page.wait_for_timeout(400)


@contextmanager
def running(command: Sequence[str], address: str, environment: Mapping[str, str]) -> Iterator[None]:
    """A server of its own process, from when it answers at this address."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    process = subprocess.Popen(command, env=dict(environment), text=True, **pipes)
    try:
        end = time.monotonic() + SECONDS
        while True:
            try:
                urlopen(address, timeout=5).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > end:
                    process.kill()
                    raise AssertionError(process.communicate()[0]) from None
                time.sleep(0.2)
        yield
    finally:
        process.terminate()
        try:
            process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
