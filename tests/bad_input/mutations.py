"""A file changed as faults and attackers change files: bits, lengths, ends, pieces of itself, words of its format."""

import json
import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

WORDS = (
    *(b"1e999", b"-1", b"0", b"NaN", b"999999999999", b"9" * 5000, b"null", b"[]", b"{}", b'""', b"true", b"\x00"),
    *(
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"../../../etc/passwd",
        b"&a;",
        b"*a",
        b"&a [*a]",
        b"!!python/name:os.system ",
        b",",
    ),
    *(b"\n", b",", b'"', b"<", b"[" * 2000, b"\xf0\x9f\x90\x88", b"1_0", b"0x10"),
)
NUMBERS = (0, 1, 2**7, 2**8 - 1, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1)

VALUES = (None, True, -1, 1.5, "", "a", [], [None], {}, {"a": None})


def restructured(content: bytes) -> Iterator[bytes]:
    """A document of JSON, or each line's, with each field and item in turn gone, renamed or of another kind."""
    text = content.decode()
    try:
        yield from (json.dumps(changed).encode() for changed in _restructured(json.loads(text)))
    except json.JSONDecodeError:  # a document a line
        first, rest = text.split("\n", 1)
        yield from (f"{json.dumps(changed)}\n{rest}".encode() for changed in _restructured(json.loads(first)))


def _restructured(document: Any) -> Iterator[Any]:
    yield from VALUES
    for *above, last in _paths(document):
        for change in ("gone", "renamed", *VALUES):
            copy = deepcopy(document)
            parent = copy
            for key in above:
                parent = parent[key]
            value = parent.pop(last)
            if change == "renamed" and isinstance(parent, dict):
                parent["renamed"] = value
            elif change not in ("gone", "renamed"):
                parent.insert(last, change) if isinstance(parent, list) else parent.update({last: change})
            yield copy


def _paths(value: Any) -> Iterator[tuple[Any, ...]]:
    """Where each value of a document lies; of a list's items the first."""
    items = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for key, inner in items:
        yield (key,)
        yield from ((key, *path) for path in _paths(inner))


def mutated(content: bytes, draw: random.Random) -> bytes:
    """The content with one to four changes."""
    for _ in range(draw.choice((1, 1, 2, 4))):
        content = draw.choice(_CHANGES)(content, draw)
    return content


def _place(content: bytes, draw: random.Random) -> int:
    """Where to change it; most formats keep what matters in their first hundred bytes, or at their end."""
    end = len(content)
    return draw.choice((draw.randint(0, min(100, end)), draw.randint(0, end), draw.randint(max(0, end - 100), end)))


def _bits(content: bytes, draw: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(draw.choice((1, 1, 8))):
        if changed:
            changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def _cut(content: bytes, draw: random.Random) -> bytes:
    return content[: _place(content, draw)]


def _removed(content: bytes, draw: random.Random) -> bytes:
    where = _place(content, draw)
    return content[:where] + content[where + draw.randint(1, 40) :]


def _spliced(content: bytes, draw: random.Random) -> bytes:
    start, where = _place(content, draw), _place(content, draw)
    return content[:where] + content[start : start + draw.randint(1, 400)] + content[where:]


def _lengths(content: bytes, draw: random.Random) -> bytes:
    """A field of 1 to 8 bytes set to a number at the edge of its range."""
    size, where = draw.choice((1, 2, 4, 8)), _place(content, draw)
    number = draw.choice(NUMBERS) % 2 ** (8 * size)
    return content[:where] + number.to_bytes(size, draw.choice(("little", "big"))) + content[where + size :]


def _word(content: bytes, draw: random.Random) -> bytes:
    where = _place(content, draw)
    return content[:where] + draw.choice(WORDS) + content[where + draw.choice((0, 0, 1, 4)) :]


def _zeros(content: bytes, draw: random.Random) -> bytes:
    """What a power cut leaves: the length is there, the bytes are not."""
    where = _place(content, draw)
    return content[:where] + bytes(len(content) - where)


_CHANGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    *(_bits, _bits, _cut, _removed, _spliced, _lengths, _lengths, _word, _word, _zeros),
)
