"""The application of `vitx serve`: drop an image, choose model, method and target, and explore; by Starlette."""

import asyncio
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vitxplain.errors import ImageError, VitxplainError
from vitxplain.files.documents import read_text
from vitxplain.inspect.hosts.served import Answer, Served
from vitxplain.inspect.hosts.upload import MOST_BYTES, BusyError, Uploads

if TYPE_CHECKING:
    from vitxplain.models.vision_model import VisionModel

LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
STATIC: Final = Path(__file__).parents[1] / "static"
_READING: Final = 8  # images that are being sent at a time; each may take `MOST_BYTES` of memory
_SECONDS: Final = 120  # for sending one
_MOST_NAME: Final = 80
_MOST_METHODS: Final = 8
_VISIT: Final = re.compile("[0-9a-f]{32}")  # drawn at random by a page: nobody can guess it
_VISITS: Final = 64  # of which what is listed is remembered
_POLICY: Final = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors *"  # a Space shows it in a frame
)
_HEADERS: Final = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # "no-referrer" lets browsers hide the origin of some POSTs
}
_TYPES: Final = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}


class _RefusedError(Exception):
    """What is sent in place of an answer; `image` where it is the image that cannot be taken."""

    def __init__(self, status: int, why: str, *, image: bool = False) -> None:
        super().__init__(why)
        self.status, self.image = status, image


def application(
    models: Sequence[str], folder: Path, load: "Callable[[str], VisionModel]", hosts: Sequence[str] = LOOPBACK
) -> Starlette:
    """The ASGI application.

    Args:
        models: sources of the models that visitors may choose; no other is ever opened.
        folder: empty, for the records of what is uploaded; each visit has a folder of its own in it, by the name that
            its page drew at random, and is given nothing of the others.
        load: makes a model of a source.
        hosts: names by which browsers reach the server; others are refused, which keeps foreign pages from posing as
            it (DNS rebinding). "*" allows all.
    """
    uploads, reading = Uploads(models, folder, load), asyncio.Semaphore(_READING)

    @lru_cache(_VISITS)
    def served(visit: str) -> Served:
        return Served(lambda: {"": folder / visit}, lambda _, record: uploads.run_name(record))

    async def index(request: Request) -> Response:
        return _sent(await run_in_threadpool(served(_visit(request)).index))

    async def recording(request: Request) -> Response:
        name, ranges = request.query_params.get("id", ""), request.headers.get("range")
        return _sent(await run_in_threadpool(served(_visit(request)).record, name, ranges))

    async def offered(_: Request) -> Response:
        return JSONResponse({"models": uploads.models, "most_bytes": MOST_BYTES})

    async def described(request: Request) -> Response:
        return await _answered(uploads.describe, request.query_params.get("model", ""))

    async def explain(request: Request) -> Response:
        _check_origin(request)
        visit = _visit(request)
        if reading.locked():
            raise _RefusedError(503, "too many images are being sent; try again in a moment.")
        async with reading:
            content = await _body(request)
        words = request.query_params
        methods = [method for method in words.getlist("method") if method][:_MOST_METHODS]
        name, target = _plain(words.get("name", "")), words.get("target") or None
        return await _answered(uploads.add, content, name, words.get("model", ""), methods, target, visit)

    def static(name: str) -> Route:
        async def file(_: Request) -> Response:
            return Response(read_text(STATIC / name), media_type=_TYPES[Path(name).suffix])

        return Route("/" if name == "serve.html" else f"/{name}", file)

    return Starlette(
        routes=[
            *map(static, ("serve.html", "serve.js", "serve.css", "viewer.js")),
            Route("/visit/{visit}/index.json", index),
            Route("/visit/{visit}/recording", recording),
            Route("/visit/{visit}/explain", explain, methods=["POST"]),
            Route("/models.json", offered),
            Route("/model.json", described),
        ],
        middleware=[
            Middleware(_Headers),
            Middleware(_Hosts, allowed=frozenset(host.strip("[]").lower() for host in hosts)),
        ],
        exception_handlers={_RefusedError: _refused},  # type: ignore[dict-item] # each is given its own kind
    )


class _Headers:
    """Adds the headers of every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name for name, _ in message["headers"]}
                added = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
                message["headers"] = [*message["headers"], *(pair for pair in added if pair[0] not in present)]
            await send(message)

        await self.app(scope, receive, with_headers)


class _Hosts:
    """Answers only browsers that ask for one of these hosts."""

    def __init__(self, app: ASGIApp, allowed: frozenset[str]) -> None:
        self.app, self.allowed = app, allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and "*" not in self.allowed:
            host = _host_of(Request(scope).headers.get("host", ""))
            if host not in self.allowed:
                why = f"the server is not called {host!r:.80} here; start it with --allow-host to let it be."
                await JSONResponse({"error": why}, 400)(scope, receive, send)
                return
        await self.app(scope, receive, send)


def _host_of(authority: str) -> str:
    """The name of a host without its port."""
    try:
        return urlsplit(f"//{authority}").hostname or ""
    except ValueError:
        return ""


def _visit(request: Request) -> str:
    """The name of a visit, which is that of its folder."""
    visit = request.path_params["visit"]
    if not _VISIT.fullmatch(visit):
        raise _RefusedError(404, "a visit is named by 32 hexadecimal digits, drawn at random.")
    return visit


def _sent(answer: Answer) -> Response:
    return StreamingResponse(answer.body, answer.status, dict(answer.headers), answer.content_type)


async def _answered(work: Callable[..., Any], *arguments: Any) -> Response:
    try:
        return JSONResponse({"result": await run_in_threadpool(work, *arguments)})
    except BusyError as error:
        raise _RefusedError(503, str(error)) from error
    except VitxplainError as error:
        raise _RefusedError(400, str(error), image=isinstance(error, ImageError)) from error


async def _body(request: Request) -> bytes:
    """What was sent, up to `MOST_BYTES` within `_SECONDS`; more is not even read."""
    declared = request.headers.get("content-length", "0")
    parts, size = [], 0
    if not declared.isdecimal() or int(declared[:20]) > MOST_BYTES:
        raise _RefusedError(413, f"the image has more than {MOST_BYTES // 2**20} MiB.", image=True)
    try:
        async with asyncio.timeout(_SECONDS):
            async for part in request.stream():
                size += len(part)
                if size > MOST_BYTES:
                    raise _RefusedError(413, f"the image has more than {MOST_BYTES // 2**20} MiB.", image=True)
                parts.append(part)
    except TimeoutError:
        raise _RefusedError(408, f"the upload takes longer than {_SECONDS} seconds.") from None
    except ClientDisconnect:
        raise _RefusedError(400, "the upload was broken off.") from None
    return b"".join(parts)


def _check_origin(request: Request) -> None:
    """Only the server's own pages may send images.

    Browsers say where a request comes from: in Sec-Fetch-Site over https and on loopback, also where a proxy changes
    the host, else in Origin, which goes with every POST (Fetch standard). What sends neither is no browser, and no page
    of a stranger can use it.
    """
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if site is None:
        own = origin is None or _netloc(origin) == request.headers.get("host")
    else:
        own = site in ("same-origin", "none")  # none: typed by the visitor
    if not own:
        raise _RefusedError(403, "this page may not use the server: it comes from another one.")


def _netloc(address: str) -> str | None:
    try:
        return urlsplit(address).netloc
    except ValueError:
        return None


def _plain(name: str) -> str:
    """A file's name as a title: what can be printed of it, shortened."""
    stem = name.replace("\\", "/").rpartition("/")[2].rpartition(".")[0] or name
    return "".join(letter for letter in stem if letter.isprintable())[:_MOST_NAME].strip()


async def _refused(_: Request, error: _RefusedError) -> Response:
    return JSONResponse({"error": str(error), "image": error.image}, error.status)
