"""A recording as one self-contained HTML file: the viewer and its data, to be opened from disk or mailed."""

import gzip
import json
from base64 import b64encode
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from vitxplain.errors import UsageError
from vitxplain.files.documents import read_text
from vitxplain.inspect.record_file import Record

if TYPE_CHECKING:
    from vitxplain.inspect.recording import Recording

MOST_BYTES: Final = 30 * 10**6  # of a file that holds everything
PLAIN_BYTES: Final = 2**14  # up to which a tensor is not packed
BUNDLE: Final = Path(__file__).parent / "static" / "viewer.js"
_HEAD: Final = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>html,body{{margin:0;height:100%}}</style><body>{lead}<main id="vitxplain" style="height:100%"></main>
"""


def page(recording: "Recording", *, title: str = "", full: bool = False) -> str:
    """The page as text; `page_parts` gives it in parts, of which none is large.

    Args:
        recording: what it shows.
        title: of the page.
        full: all of it, however large; else beyond 30 MB the last layers whole, and of others the rows of the class
            token alone, which the page says.

    Raises:
        UsageError: the recording is empty.
    """
    return "".join(page_parts(recording, title=title, full=full))


def page_parts(recording: "Recording", *, title: str = "", full: bool = False, lead: str = "") -> Iterator[str]:
    """The parts of the page, in order, with `lead`, HTML, before the viewer; raises as `page`."""
    if not recording.records:
        left = f" {len(recording.left_out)} files were no whole records." if recording.left_out else ""
        raise UsageError(f"{recording.folder} holds no record to show.{left} Record an image first.")
    small = {record.path: [_tensor(recording, record, name) for name in _small(record)] for record in recording}
    room = MOST_BYTES - sum(len(text) for texts in small.values() for text in texts)
    whole = None if full else _fitting(recording, room)
    yield _HEAD.format(title=escape(title or _title(recording)), lead=lead)
    yield _script("index", recording.index())
    for record in recording:
        kept = _layers(record) if whole is None else whole[record.path]
        yield _script("facts", _facts(record, kept), recording.id_of(record))
    for record in recording:
        yield from small[record.path]
    # The viewer starts here, while the browser still reads the layers below: the first picture does not wait for them.
    yield f'<script type="module" async>{_bundle()}\nvitxplainInspect.open(document)</script>\n'
    for record in recording:
        for number, names in _layers(record).items():
            if whole is None:
                yield from (_tensor(recording, record, name) for name in names)
            else:
                yield from whole[record.path].get(number, ())


def _fitting(recording: "Recording", room: int) -> dict[Path, dict[int, list[str]]]:
    """The layers that fit, packed: the last of each record first, then those before them."""
    fitting: dict[Path, dict[int, list[str]]] = {record.path: {} for record in recording}
    todo = {record.path: (record, list(reversed(_layers(record).items()))) for record in recording}
    while todo:
        for path, (record, layers) in list(todo.items()):
            if not layers:
                del todo[path]
                continue
            number, names = layers.pop(0)
            texts = [_tensor(recording, record, name) for name in names]
            room -= sum(map(len, texts))
            if room < 0:
                return fitting
            fitting[path][number] = texts
    return fitting


def _facts(record: Record, kept: Any) -> dict[str, Any]:
    """The facts, of layers that are left out those of their rows."""
    missing = [layer for layer in record.layers if layer["rows"] == "all" and layer["number"] not in kept]
    if not missing:
        return dict(record.facts)
    layers = [layer | {"rows": "class"} if layer in missing else layer for layer in record.layers]
    names = missing[0]["title"] if len(missing) == 1 else f"{missing[0]['title']} to {missing[-1]['title']}"
    cut = (
        f"Of {names} only the default row is in this file, which would be larger than {MOST_BYTES // 10**6} MB "
        "otherwise; --full (full=True) keeps everything."
    )
    return {**record.facts, "layers": layers, "cut": cut}


def _small(record: Record) -> list[str]:
    """The tensors that every page has, the class rows among them."""
    large = {name for names in _layers(record).values() for name in names}
    return [name for name in record.tensors if name not in large]


def _layers(record: Record) -> dict[int, list[str]]:
    """The names of the tensors of each layer that was recorded whole."""
    endings = ((layer["number"], f"{layer['number']:02d}") for layer in record.layers if layer["rows"] == "all")
    parts = ("attention", "peaks", "windows")
    return {number: [name for part in parts if (name := f"{part}.{end}") in record.tensors] for number, end in endings}


def _tensor(recording: "Recording", record: Record, name: str) -> str:
    span = record.tensors[name]
    content = record.tensor(name).tobytes()
    # Unpacking takes the browser a turn or two each: what the first picture waits for is small, and not packed.
    plain = name == "image" or len(content) <= PLAIN_BYTES
    data = b64encode(content if plain else gzip.compress(content, 6, mtime=0)).decode()
    shape = ",".join(map(str, span.shape))
    identity = escape(recording.id_of(record))
    return (
        f'<script type="text/plain" data-vitxplain="tensor" data-record="{identity}" data-tensor="{escape(name)}" '
        f'data-dtype="{span.dtype}" data-shape="{shape}"{" data-plain" if plain else ""}>{data}</script>\n'
    )


def _script(kind: str, value: Any, identity: str = "") -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    of_record = f' data-record="{escape(identity)}"' if identity else ""
    return f'<script type="application/json" data-vitxplain="{kind}"{of_record}>{text}</script>\n'


def _bundle() -> str:
    return read_text(BUNDLE).replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _title(recording: "Recording") -> str:
    models: Sequence[str] = list(dict.fromkeys(record.facts["model"] for record in recording if record.facts["model"]))
    return " · ".join(["vitxplain", *models[:2], *recording.names[:1]])
