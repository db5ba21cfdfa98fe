"""The server of `vitx serve`, really listening: what it shows, what it takes, and what it refuses."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import numpy as np
import pytest
from PIL import Image

from vitxplain.errors import OptionError, UsageError
from vitxplain.inspect import records
from vitxplain.inspect.hosts import upload
from vitxplain.inspect.hosts.running import _socket, sources
from vitxplain.inspect.hosts.upload import BusyError, Uploads
from vitxplain.models.loading.load import load_model

uvicorn = pytest.importorskip("uvicorn")

from vitxplain.inspect.hosts.serve import application  # noqa: E402

VISIT = "0123456789abcdef" * 2
OTHER = "fedcba9876543210" * 2


@contextmanager
def serving(folder: Path, *models: str) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(application(models, folder, load_model), log_level="error"))
    with _socket("127.0.0.1", 0) as listening:
        thread = Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            server.should_exit = True
            thread.join()


QUESTIONS: list[dict[str, str]] = [{}, *[{"method": "grad-cam", "target": "3"}] * 2]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    folder = tmp_path_factory.mktemp("records")
    with serving(folder, "demo-vit") as address:
        yield address, folder


def picture(kind: str = "png", size: tuple[int, int] = (40, 30)) -> bytes:
    content = BytesIO()
    pixels = np.random.default_rng(0).integers(0, 255, (size[1], size[0], 3), np.uint8)
    Image.fromarray(pixels).save(content, kind)
    return content.getvalue()


def ask(address: str, body: bytes | None = None, **headers: str) -> tuple[int, Any, dict[str, str]]:
    """The status, the content as JSON where it is, and the headers."""
    try:
        with urlopen(Request(address, body, headers), timeout=60) as answer:
            status, content, said = answer.status, answer.read(), dict(answer.headers)
    except HTTPError as error:
        status, content, said = error.code, error.read(), dict(error.headers)
    said = {name.lower(): value for name, value in said.items()}
    return status, json.loads(content) if "json" in said["content-type"] else content, said


def explain(address: str, content: bytes, visit: str = VISIT, **words: str) -> tuple[int, Any]:
    words = {"model": "demo-vit", "name": "seven.png", **words}
    return ask(f"{address}visit/{visit}/explain?{urlencode(words)}", content)[:2]


def listed(address: str, visit: str) -> list[dict[str, Any]]:
    return ask(f"{address}visit/{visit}/index.json")[1]["records"]


def test_an_image_becomes_a_record_that_the_viewer_opens(server: tuple[str, Path]):
    address, folder = server
    status, answer = explain(address, picture(), method="grad-cam", target="3")
    assert status == 200
    assert answer["result"] in [record["id"] for record in listed(address, VISIT)]
    status, part, _ = ask(f"{address}visit/{VISIT}/recording?{urlencode({'id': answer['result']})}", Range="bytes=0-7")
    assert (status, len(part)) == (206, 8)
    record = next(one for one in records(folder) if answer["result"].startswith(one.path.parts[-3]))
    assert record.name == "seven"
    assert [(one["method"]) for one in record.facts["maps"]] == ["grad-cam"]
    assert not list(folder.rglob("upload*"))  # the image itself is gone


def test_each_visit_sees_what_it_dropped_itself(server: tuple[str, Path]):
    address, folder = server
    runs = [explain(address, picture(), OTHER, name="cat.png", **words)[1]["result"] for words in QUESTIONS]
    named = {record["id"]: record["run"] for record in listed(address, OTHER)}
    assert [named[run] for run in runs] == ["cat · attention", "cat · grad-cam · 3", "cat · grad-cam · 3 (2)"]
    strangers = ["a" * 32, VISIT]
    for visit in strangers:
        assert not {record["name"] for record in listed(address, visit)} & {"cat"}
        for way in (runs[0], f"{OTHER}/{runs[0]}", f"../{OTHER}/{runs[0]}"):
            assert ask(f"{address}visit/{visit}/recording?{urlencode({'id': way})}")[0] == 404
    for path in ("index.json", f"recording?id={runs[0]}", f"visit/index.json?id={OTHER}", "visit/../index.json"):
        assert ask(address + path)[0] == 404
    for visit in ("", ".", "..", "A" * 32, "a" * 31, OTHER + "0", "%2e%2e", f"{OTHER}%2f.."):
        assert explain(address, picture(), visit)[0] in (404, 405)
        assert ask(f"{address}visit/{visit}/index.json")[0] == 404
    assert {path.name for path in folder.iterdir()} <= {VISIT, OTHER}


def test_pages_load_nothing_from_elsewhere(server: tuple[str, Path]):
    for name in ("", "serve.js", "serve.css", "viewer.js"):
        status, content, headers = ask(server[0] + name)
        assert status == 200
        assert headers["content-security-policy"].startswith("default-src 'self'")
        assert headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in headers
        assert content


def test_what_a_model_offers_is_listed(server: tuple[str, Path]):
    assert ask(f"{server[0]}models.json")[1]["models"] == ["demo-vit"]
    _, answer, _ = ask(f"{server[0]}model.json?model=demo-vit")
    assert "attention-rollout" in answer["result"]["methods"]
    assert len(answer["result"]["labels"]) == 10


@pytest.mark.parametrize(
    ("content", "words", "status", "why"),
    [
        (b"no picture", {}, 400, "no picture"),
        (picture()[:200], {}, 400, "no picture"),
        (b"", {}, 400, "no picture"),
        (picture("ppm"), {}, 400, "PPM"),
        (picture(), {"model": "../../etc/passwd"}, 400, "no model"),
        (picture(), {"model": "google/vit-base-patch16-224"}, 400, "no model"),
        (picture(), {"method": "magic"}, 400, "no method"),
        (picture(), {"method": "grad-cam", "target": "unicorn"}, 400, "unicorn"),
        (b"x" * 300, {}, 413, "MiB"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch, content: bytes, words: dict, status: int, why: str
):
    if status == 413:
        monkeypatch.setattr("vitxplain.inspect.hosts.serve.MOST_BYTES", 200)
    found, answer = explain(server[0], content, **words)
    assert (found, why in answer["error"]) == (status, True), answer
    assert answer["image"] == (not words)  # whether it is the image that is no good
    assert str(server[1]) not in answer["error"]


def test_a_picture_of_too_many_pixels_is_not_decoded(server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(upload, "MOST_PIXELS", 1000)
    status, answer = explain(server[0], picture())
    assert (status, "40 x 30 pixels" in answer["error"]) == (400, True)


@pytest.mark.parametrize(
    ("headers", "status"), [({"Origin": "http://evil.example"}, 403), ({"Host": "evil.example"}, 400)]
)
def test_other_pages_and_other_names_are_refused(server: tuple[str, Path], headers: dict[str, str], status: int):
    assert ask(f"{server[0]}visit/{VISIT}/explain?model=demo-vit", picture(), **headers)[0] == status


def test_its_own_page_may_send(server: tuple[str, Path]):
    address = server[0]
    assert ask(f"{address}visit/{VISIT}/explain?model=demo-vit&name=a", picture(), Origin=address.rstrip("/"))[0] == 200


def test_one_waits_and_the_next_is_sent_away(tmp_path: Path):
    started, go_on = Event(), Event()

    def load(source: str) -> Any:
        started.set()
        go_on.wait(60)
        return load_model(source)

    uploads, answers = Uploads(["demo-vit", "demo-cnn"], tmp_path, load), []
    go_on.set()
    offered = uploads.describe("demo-cnn")
    started.clear()
    go_on.clear()
    threads = [Thread(target=lambda: answers.append(uploads.add(picture(), "a", "demo-vit"))) for _ in range(2)]
    threads[0].start()
    started.wait(60)
    threads[1].start()
    while uploads._places._value:  # until the second waits
        pass
    with pytest.raises(BusyError, match="try again"):
        uploads.add(picture(), "a", "demo-vit")
    assert uploads.describe("demo-cnn") is offered  # the page opens all the same
    go_on.set()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["0001/inspect/000000000.a.safetensors", "0002/inspect/000000000.a.safetensors"]


class HundredBytes:
    """Records an image as a file of 100 bytes."""

    def __init__(self, model: Any, run: Path, **options: Any) -> None:
        self.run = run

    def add(self, images: list[Path], names: list[str]) -> list[Path]:
        (self.run / names[0]).write_bytes(bytes(100))
        return [self.run / names[0]]


def test_the_oldest_records_of_a_visit_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def kept() -> dict[str, list[str]]:
        return {path.name: sorted(run.name for run in path.iterdir()) for path in tmp_path.iterdir()}

    monkeypatch.setattr(upload, "record", HundredBytes)
    monkeypatch.setattr(upload, "_KEPT", 2)
    uploads = Uploads(["demo-vit"], tmp_path, str)
    for visit in ("one", "two", "two", "two"):
        uploads.add(picture(), "a", "demo-vit", visit=visit)
    assert kept() == {"one": ["0001"], "two": ["0003", "0004"]}
    monkeypatch.setattr(upload, "_STORED", 300)  # bytes of all: who has most gives first
    uploads.add(picture(), "a", "demo-vit", visit="three")
    assert kept() == {"one": ["0001"], "two": ["0004"], "three": ["0005"]}


def test_visitors_are_told_no_path_of_the_server(tmp_path: Path):
    first, second = tmp_path / "a/vit", tmp_path / "b/vit"
    opened: list[str] = []
    uploads = Uploads(
        [str(first), str(second)], tmp_path, lambda source: opened.append(source) or load_model("demo-vit")
    )
    assert uploads.models == ("vit", "vit (2)")
    uploads.describe("vit (2)")
    assert opened == [str(second)]
    with pytest.raises(UsageError, match="no model"):
        uploads.describe(str(first))


def test_addresses_that_cannot_be_taken_are_told():
    with _socket("127.0.0.1", 0) as taken, pytest.raises(UsageError, match="cannot listen at"):
        _socket("127.0.0.1", taken.getsockname()[1])
    with pytest.raises(UsageError, match="cannot listen at"):
        _socket("no such host", 0)
    with pytest.raises(OptionError, match="names no model"):
        sources(" , ")
