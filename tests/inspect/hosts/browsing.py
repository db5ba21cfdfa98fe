"""A browser before a real server: what is drawn, and what went wrong."""

import random
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.request import urlopen

import matplotlib
import numpy as np
import pytest

from vitxplain.inspect import Writer, open_recording

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
LAYERS, HEADS, SIDE = 3, 4, 14
SECONDS = 180

# The viewer of a frame, wherever the host put it.
FIND = "[...document.querySelectorAll('*')].find((element) => element.viewer?.app)"
# Whether everything came and is drawn.
QUIET = f"() => {{ const app = {FIND}?.viewer.app; return Boolean(app?.panes.length && app.quiet); }}"
KEPT = f"() => {FIND}.viewer.app.state.query"
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
    """Two steps of one picture; returns the attention of the last, (layer, head, query, key), as it was recorded."""
    generator = np.random.default_rng(0)
    for step in (0, 10):
        logits = 2 * generator.normal(size=(LAYERS, HEADS, SIDE**2 + 1, SIDE**2 + 1))
        weights = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
        picture = generator.integers(0, 255, (224, 224, 3), np.uint8)
        Writer(folder).add("cat", weights.astype(np.float32), image=picture, step=step, prediction={"cat": 0.9})
    last = open_recording(folder)[-1]
    return np.stack([last.attention(layer) for layer in range(LAYERS)])


class Visit:
    """A page of a host; what it asks for, and what went wrong in it, which a failure tells."""

    def __init__(self, browser: Any, address: str, *, width: int = 1280) -> None:
        self.context = browser.new_context(viewport={"width": width, "height": 900})
        self.context.set_default_timeout(1000 * SECONDS)
        self.page = self.context.new_page()
        self.own = address.split("/")[2]
        self.troubles: list[str] = []
        self.requests: list[Any] = []
        self.page.on("console", lambda said: self.troubles.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("request", self._note)
        self.page.goto(address)

    def __enter__(self) -> "Visit":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        troubles = list(self.troubles)  # what a page says that is torn from its server is none of it
        if error is not None:
            asked = "\n".join(f"{request.method} {request.url}" for request in self.requests[-30:])
            error.add_note(f"In the page {self.page.url} went wrong: {troubles or 'nothing'}.\nIt asked for\n{asked}")
        self.context.close()
        assert error is not None or not troubles, troubles

    def _note(self, request: Any) -> None:
        self.requests.append(request)
        scheme, _, rest = request.url.partition(":")
        if scheme not in ("data", "blob") and rest.split("/")[2] != self.own:
            self.troubles.append(f"asked for {request.url}")

    def frame(self, part: str) -> Any:
        """The frame whose address has this part."""
        return self.wait(lambda: next((frame for frame in self.page.frames if part in frame.url), None))

    def wait(self, found: Callable[[], Any]) -> Any:
        """What a function finds; waiting within the page is what a policy of a page refuses."""
        end = time.monotonic() + SECONDS
        while not (result := found()):
            assert time.monotonic() < end, f"what was waited for did not come in {SECONDS} seconds"
            self.page.wait_for_timeout(50)
        return result

    def rest(self, frame: Any) -> None:
        """Until the viewer of a frame has drawn everything that came: twice, for one thing leads to another."""
        for _ in range(2):
            self.page.wait_for_timeout(50)
            self.wait(lambda: frame.evaluate(QUIET))


def assert_cell(frame: Any, layer: int, row: int, values: np.ndarray) -> None:
    """Every patch of a cell of the grid has the colour of its value."""
    table = (255 * matplotlib.colormaps["inferno"](np.arange(256))[:, :3]).round()
    expected = table[np.round(255 * values / values.max()).astype(int)]
    np.testing.assert_allclose(frame.evaluate(COLOURS, [layer, row, SIDE]), expected, atol=4)


def click_patch(visit: Visit, frame: Any, row: int, column: int) -> None:
    """Keep a patch by a click; once more where the page moved beneath the hand."""
    stage = frame.locator(".stage > canvas").first
    middle = {"kind": "patch", "x": (column + 0.5) / SIDE, "y": (row + 0.5) / SIDE}

    def kept() -> bool:
        stage.scroll_into_view_if_needed()
        visit.rest(frame)
        box = stage.bounding_box()
        stage.click(position={"x": middle["x"] * box["width"], "y": middle["y"] * box["height"]})
        visit.rest(frame)
        return frame.evaluate(KEPT) == pytest.approx(middle)

    visit.wait(kept)


@contextmanager
def running(command: Sequence[str], address: str, environment: Mapping[str, str]) -> Iterator[None]:
    """A server of its own process, from when it answers at this address; a failure tells what it said."""
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, env=dict(environment), stdout=said, stderr=subprocess.STDOUT)
        try:
            end = time.monotonic() + SECONDS
            while not answers(address):
                assert process.poll() is None, f"the server ended by itself with {process.returncode}"
                assert time.monotonic() < end, f"the server does not answer at {address} after {SECONDS} seconds"
                time.sleep(0.2)
            yield
        except BaseException as error:
            said.seek(0)
            error.add_note(f"{' '.join(command)} said:\n{said.read()[-4000:]}")
            raise
        finally:
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def answers(address: str) -> bool:
    try:
        urlopen(address, timeout=5).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    """A port that nobody listens at, of those that are not given to connections which other tests make meanwhile."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as free:
            try:
                free.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
