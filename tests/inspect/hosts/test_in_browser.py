"""TensorBoard, `vitx serve` and JupyterLab really started, before a real browser."""

import ast
import json
import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import numpy as np
import pytest
from PIL import Image

from tests.inspect.hosts.browsing import (
    CHROMIUM,
    FIND,
    HEADS,
    LAYERS,
    SIDE,
    Visit,
    assert_cell,
    click_patch,
    free_port,
    recorded,
    running,
)
from vitxplain.inspect import open_recording

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


def test_tensorboard_shows_the_recorded_values_read_by_range(browser: Any, tmp_path: Path):
    pytest.importorskip("tensorboard")
    attention = recorded(tmp_path / "run")
    port = free_port()
    address = f"http://127.0.0.1:{port}/"
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(tmp_path), "--port", str(port)]
    with running(command, f"{address}data/environment", os.environ):
        listing = json.load(urlopen(f"{address}data/plugins_listing"))["vitxplain"]
        assert (listing["enabled"], listing["tab_name"]) == (True, "Inspect")  # without any event file
        with pytest.raises(HTTPError, match="404"):
            urlopen(f"{address}data/plugin/vitxplain/recording?id=../../etc/passwd")
        with Visit(browser, address) as visit:
            tab = visit.page.get_by_role("tab", name="Inspect")
            visit.wait(lambda: tab.count())
            tab.click()
            frame = visit.frame("plugin_entry")
            visit.rest(frame)
            for layer, head in ((0, 0), (LAYERS - 1, HEADS - 1)):
                assert_cell(frame, layer, head, attention[layer, head, 0, 1:])
            click_patch(visit, frame, 2, 5)
            assert frame.locator("h1").first.inner_text() == "What patch 3 · 6 looks at"
            assert_cell(frame, 1, 2, attention[1, 2, 1 + 2 * SIDE + 5, 1:])
            check_ranges(visit, open_recording(tmp_path / "run")[-1])


def check_ranges(visit: Visit, record: Any) -> None:
    """Each layer was fetched by itself, nothing twice, and the first picture took two reads."""
    asked = [request for request in visit.requests if record.path.name in request.url]
    assert {request.response().status for request in asked} == {206}
    spans = [tuple(map(int, request.headers["range"].removeprefix("bytes=").split("-"))) for request in asked]
    layers = {span.start: span.end for name, span in record.tensors.items() if name.startswith("attention")}
    whole = [(start, last + 1) for start, last in spans if start in layers]
    assert sorted(whole) == sorted(layers.items())
    assert len(spans) <= 2 + 2 * LAYERS
    most = max(end - start for start, end in layers.items())
    assert max(last + 1 - start for start, last in spans) == most < record.path.stat().st_size / 2


def picture() -> list[int]:
    content = BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8)).save(content, "PNG")
    return list(content.getvalue())


DROP = """([name, type, bytes]) => {
  const files = new DataTransfer();
  files.items.add(new File([new Uint8Array(bytes)], name, { type }));
  document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true }));
}"""
MAP = f"() => {FIND}?.viewer.app.panes[0]?.recording.facts.maps.map((map) => [map.method, map.target])"


def test_serve_explains_what_is_dropped_on_it(browser: Any):
    pytest.importorskip("uvicorn")
    port = free_port()
    address = f"http://127.0.0.1:{port}/"
    command = [sys.executable, "-m", "vitxplain", "serve", "--models", "demo-vit,demo-cnn", "--port", str(port)]
    with running(command, address, os.environ), Visit(browser, address) as visit:
        page, said = visit.page, visit.page.locator("#said")
        visit.wait(lambda: page.locator("#method option").count() > 1)
        assert page.locator("#model option").all_inner_texts() == ["demo-vit", "demo-cnn"]
        page.select_option("#method", "grad-cam")
        page.fill("#target", "3")
        page.evaluate(DROP, ["seven.png", "image/png", picture()])
        visit.wait(lambda: page.evaluate(MAP) == [["grad-cam", "3"]])
        (sent,) = [request for request in visit.requests if request.method == "POST"]
        headers = sent.all_headers()  # as every browser says where a POST comes from, which the server goes by
        assert (headers["origin"], headers["sec-fetch-site"]) == (address.rstrip("/"), "same-origin")
        visit.wait(lambda: page.locator("h1").first.inner_text() == "Where grad-cam sees 3")  # what was asked for
        chosen = page.locator("#chosen")

        page.evaluate(DROP, ["notes.txt", "text/plain", [104, 105]])
        visit.wait(lambda: "no picture" in said.inner_text())
        assert chosen.inner_text() == "seven.png"  # as the picture below
        page.select_option("#model", "demo-cnn")
        visit.wait(lambda: page.locator("#method").input_value() == "grad-cam" and said.inner_text() == "")
        page.evaluate(DROP, ["eight.png", "image/png", picture()])
        visit.wait(lambda: "has no attention" in said.inner_text())
        assert chosen.inner_text() == "eight.png, not explained yet"
        assert page.locator("h1").first.inner_text() == "Where grad-cam sees 3"  # what was there stays
        refused = [trouble for trouble in visit.troubles if "status of 400" in trouble]  # the browser's own line
        assert len(refused) == 2
        visit.troubles[:] = [trouble for trouble in visit.troubles if trouble not in refused]
        check_visits(browser, visit, address)


def check_visits(browser: Any, visit: Visit, address: str) -> None:
    """Loaded again the page shows what it dropped; to another browser it is as new, also under this one's link."""
    with Visit(browser, address + "#" + visit.page.url.partition("#")[2]) as stranger:
        stranger.wait(lambda: stranger.page.locator("#method option").count() > 1)
        assert stranger.page.locator(".empty").count() == 1
    visit.page.reload()
    visit.wait(lambda: visit.page.locator("h1").first.inner_text() == "Where grad-cam sees 3")


# A kernel that is asked sooner makes the page ask for one.
CONNECTED = """() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.connectionStatus
  === "connected" """


def test_a_widget_in_jupyterlab_says_what_is_chosen(browser: Any, tmp_path: Path):
    if find_spec("jupyterlab") is None:
        pytest.skip("jupyterlab is not installed")
    from jupyter_client import BlockingKernelClient
    from nbformat import v4, write

    attention = recorded(tmp_path / "run")
    lines = ["import vitxplain.inspect", "recording = vitxplain.inspect.open_recording('run')"]
    show = "\n".join([*lines, "view = recording.inspect()", "view"])
    cells = [v4.new_code_cell(show), v4.new_code_cell("recording.inspect(widget=False)")]
    kernel_of = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    write(v4.new_notebook(cells=cells, metadata=kernel_of), tmp_path / "walk.ipynb")
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    own = {name: str(tmp_path / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser"]
    command += [f"--port={port}", "--IdentityProvider.token=t", f"--ServerApp.root_dir={tmp_path}"]
    command += ["--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    with (
        running(command, f"{address}/api", {**os.environ, **own}),
        Visit(browser, f"{address}/lab/tree/walk.ipynb?token=t") as visit,
    ):
        page = visit.page
        visit.wait(lambda: page.locator(".jp-Notebook .jp-CodeCell").count() == len(cells))
        visit.wait(lambda: page.evaluate(CONNECTED))
        page.evaluate("() => void window.jupyterapp.commands.execute('notebook:run-all-cells')")
        visit.rest(page.main_frame)
        assert_cell(page.main_frame, 2, 3, attention[2, 3, 0, 1:])
        click_patch(visit, page.main_frame, 4, 1)
        assert_cell(page.main_frame, 0, 1, attention[0, 1, 1 + 4 * SIDE + 1, 1:])

        (connection,) = Path(own["JUPYTER_RUNTIME_DIR"]).glob("kernel-*.json")
        kernel = BlockingKernelClient(connection_file=str(connection))
        kernel.load_connection_file()
        kernel.start_channels()
        reply = kernel.execute("", user_expressions={"chosen": "view.selection"}, reply=True, timeout=60)["content"]
        kernel.stop_channels()
        chosen = ast.literal_eval(reply["user_expressions"]["chosen"]["data"]["text/plain"])
        patch = {"kind": "patch", "x": pytest.approx(1.5 / SIDE), "y": pytest.approx(4.5 / SIDE)}
        assert (chosen["name"], chosen["step"], chosen["query"]) == ("cat", 10, patch)
        frame = visit.frame("about:srcdoc")
        visit.rest(frame)
        assert_cell(frame, 0, 0, attention[0, 0, 0, 1:])
