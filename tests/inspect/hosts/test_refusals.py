"""What each server refuses: whatever is asked for by whomever, nothing but recordings and the viewer comes out."""

import struct
import zlib
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from PIL import Image

pytest.importorskip("uvicorn")
base_plugin = pytest.importorskip("tensorboard.plugins.base_plugin")

from werkzeug.test import Client  # noqa: E402 - comes with TensorBoard

from tests.inspect.hosts.test_serve import VISIT, picture, serving  # noqa: E402
from tests.inspect.hosts.test_served import recorded  # noqa: E402
from vitxplain.inspect.hosts import serve  # noqa: E402
from vitxplain.inspect.hosts.tensorboard_plugin import InspectPlugin  # noqa: E402
from vitxplain.inspect.hosts.upload import _checked_picture  # noqa: E402

SECRET = "the secret"
HOSTS = ("TensorBoard", "vitx serve")
Get = Callable[..., tuple[int, bytes]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a record, one that is cut short, one of another kind, and secrets beside them."""
    top = tmp_path_factory.mktemp("top")
    logs = top / VISIT
    recorded(logs, "cat", "short")
    (logs / "model").mkdir()
    for secret in (
        top / "secret.safetensors",
        logs / "secret.txt",
        logs / "inspect/secret.txt",
        logs / "model/secret.py",
    ):
        secret.write_text(SECRET)
    (logs / "inspect/foreign.safetensors").write_text(SECRET)
    short = logs / "inspect/000000000.short.safetensors"
    short.write_bytes(short.read_bytes()[:-10])
    return logs


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with serving(folder.parent, "demo-vit") as started:
        yield urlsplit(started).netloc


@pytest.fixture(params=HOSTS)
def get(request: pytest.FixtureRequest, folder: Path, address: str) -> Get:
    """A path is asked for as it stands, as no browser would send it."""
    if request.param == "vitx serve":
        visit = f"/visit/{VISIT}"
        of_visit = ("/recording", "/index.json")
        return lambda path, **headers: send(address, "GET", visit * path.startswith(of_visit) + path, **headers)
    context = base_plugin.TBContext(logdir=str(folder), flags=SimpleNamespace(logdir_spec=""))
    apps = InspectPlugin(context).get_plugin_apps()

    def ask(path: str, **headers: str) -> tuple[int, bytes]:
        name, _, query = path.partition("?")
        if name not in apps:  # TensorBoard's own, which gives the plugin no other path
            return 404, b""
        answer = Client(apps[name]).get("/", query_string=query, headers=headers)
        return answer.status_code, answer.data

    return ask


def send(address: str, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, bytes]:
    connection = HTTPConnection(address, timeout=60)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, headers, encode_chunked=not isinstance(body, bytes | None))
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


IDS = [
    *("", ".", "..", "/", "inspect", "inspect/", "inspect/secret.txt", "secret.txt", "model/secret.py", "/etc/passwd"),
    *(
        "../secret.safetensors",
        "inspect/../../secret.safetensors",
        "..\\secret.safetensors",
        "....//secret.safetensors",
    ),
    *(
        "inspect/%2e%2e/%2e%2e/secret.safetensors",
        "inspect/000000000.cat.safetensors/",
        "inspect/\0",
        "\ud800",
        "x" * 9000,
    ),
    *("file:///etc/passwd", "//etc/passwd", "./inspect/000000000.cat.safetensors", "INSPECT/000000000.cat.safetensors"),
]


def test_no_id_leads_out_of_the_recordings(get: Get):
    for name in IDS:
        once = quote(name.encode("utf-8", "surrogatepass"), safe="")
        for coded in (once, quote(once, safe="")):
            status, content = get(f"/recording?id={coded}")
            assert status == 404, name
            assert SECRET.encode() not in content


@pytest.mark.parametrize(
    "path",
    [
        *("/../secret.safetensors", "/..%2fsecret.safetensors", "/secret.txt", "/serve.py", "/%2e%2e/serve.py"),
        *("/inspect/secret.txt", "/recording/../secret.txt", "/static/serve.js", "/viewer.js%00.txt", "/explain"),
        *("//serve.py", "/.git/config"),
    ],
)
def test_no_path_leads_to_a_file(get: Get, path: str):
    status, content = get(path)
    assert status in (404, 405)
    assert SECRET.encode() not in content


def test_recordings_that_are_cut_short_are_left_out_with_words(get: Get):
    status, content = get("/index.json")
    assert status == 200
    assert b"000000000.cat.safetensors" in content
    assert b"cut short" in content
    assert b"no safetensors file" in content
    assert SECRET.encode() not in content


@pytest.mark.parametrize(
    ("ranges", "status"),
    [
        ("bytes=0-7", 206),
        ("bytes=99999999999999999999-", 416),
        ("bytes=0-1,5-6", 416),
        ("bytes=7-0", 416),
        ("x" * 999, 416),
    ],
)
def test_ranges_are_met_or_refused(get: Get, ranges: str, status: int):
    assert get(f"/recording?id={quote('inspect/000000000.cat.safetensors', safe='')}", Range=ranges)[0] == status


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "evil.example:7860", "[::1", "", "localhost@evil"]
)
@pytest.mark.parametrize(
    "path", ["/", f"/visit/{VISIT}/index.json", f"/visit/{VISIT}/recording?id=a", "/viewer.js", "/nothing"]
)
def test_foreign_hosts_are_refused(address: str, host: str, path: str):
    status, content = send(address, "GET", path, Host=host)
    assert (status, b"not called" in content) == (400, True)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:99", "[::1]:7860"])
def test_own_hosts_are_answered(address: str, host: str):
    assert send(address, "GET", "/models.json", Host=host)[0] == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://[bad"}, 403),
        ({"Origin": "http://localhost"}, 403),  # another port
        ({"Origin": "http://evil.example", "Sec_Fetch_Site": "cross-site"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
        (
            {"Origin": "https://me.hf.space", "Sec_Fetch_Site": "same-origin"},
            400,
        ),  # behind a proxy; and then no picture
        ({}, 400),  # no browser
    ],
)
def test_images_are_taken_from_own_pages_alone(address: str, headers: dict[str, str], status: int):
    assert send(address, "POST", f"/visit/{VISIT}/explain?model=demo-vit", b"no picture", **headers)[0] == status


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *others: bytes) -> bytes:
    """One that says it has so many pixels, in a few bytes."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n" + head + b"".join(others) + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (png(8000, 8000), "8000 x 8000 pixels"),
        (png(11000, 11000), "million"),
        (png(60000, 60000), "million pixels"),
        (png(4, 4, chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(10**7)))), "no picture"),
        (png(4, 4, chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(10**7)))), "no picture"),
        (b"\xff\xd8\xff\xe0" + bytes(99), "no picture"),
        (b"GIF89a" + b"\xff" * 40, "no picture"),
        (b"RIFF\xff\xff\xff\xffWEBPVP8 " + bytes(40), "no picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "no picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no picture"),
        (picture()[:-40] + bytes(40), "no picture"),
        (bytes(1000), "no picture"),
    ],
)
def test_bombs_and_broken_pictures_are_refused_in_words(address: str, folder: Path, content: bytes, why: str):
    before = sorted(folder.rglob("*"))
    status, answer = send(address, "POST", f"/visit/{VISIT}/explain?model=demo-vit", content)
    assert (status, why in answer.decode()) == (400, True), answer
    assert sorted(folder.rglob("*")) == before


def test_pictures_of_phones_are_taken():
    both = BytesIO()
    Image.new("RGB", (9, 9)).save(both, "MPO", save_all=True, append_images=[Image.new("RGB", (9, 9))])
    assert _checked_picture(both.getvalue()) == ".jpg"


def test_an_upload_is_cut_off_where_it_is_too_long_or_too_slow(address: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(serve, "MOST_BYTES", 1000)
    assert send(address, "POST", f"/visit/{VISIT}/explain?model=demo-vit", bytes(1001))[0] == 413
    assert (
        send(address, "POST", f"/visit/{VISIT}/explain?model=demo-vit", iter([bytes(600)] * 3))[0] == 413
    )  # its length is not told
    monkeypatch.setattr(serve, "_SECONDS", 0.05)
    connection = HTTPConnection(address, timeout=60)
    connection.putrequest("POST", f"/visit/{VISIT}/explain?model=demo-vit")
    connection.putheader("Content-Length", "900")
    connection.endheaders(bytes(10))
    assert connection.getresponse().status == 408
    connection.close()
