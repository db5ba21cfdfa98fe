"""Texts, JSON, YAML and tables from files, each bounded in size and in what it unfolds to."""

import csv
import json
import sys
from collections import Counter
from collections.abc import Mapping
from io import StringIO
from itertools import zip_longest
from os import PathLike
from typing import Any, Final, TypeVar

from vitxplain.files.opening import MOST_BYTES, read_bytes
from vitxplain.files.reading import shortened

MOST_YAML_BYTES: Final = 2**19  # PyYAML reads a megabyte in seconds
MOST_YAML_VALUES: Final = 20_000  # of a document with its aliases written out

Kind = TypeVar("Kind")


def read_text(path: str | PathLike[str], most: int = MOST_BYTES) -> str:
    """A text in UTF-8, with a byte-order mark or without.

    Raises:
        OSError: it cannot be opened, or is larger than `most` bytes.
        UnicodeDecodeError: it is in another encoding.
    """
    return read_bytes(path, most).decode("utf-8-sig")


def read_lines(path: str | PathLike[str], most: int = MOST_BYTES) -> list[str]:
    """The lines of a text that hold more than blanks, without these; raises as `read_text` does."""
    return [line.strip() for line in read_text(path, most).splitlines() if line.strip()]


def read_json(path: str | PathLike[str], most: int = MOST_BYTES) -> Any:
    """The value in a file of JSON.

    Raises:
        OSError, ValueError, RecursionError: it is none, too large, or nested deeper than Python reads.
    """
    return parse_json(read_text(path, most))


def parse_json(content: str | bytes) -> Any:
    """The value of a JSON text; raises ValueError or RecursionError as `read_json` does."""
    return json.loads(content)


def read_object(path: str | PathLike[str], most: int = MOST_BYTES) -> dict[str, Any]:
    """The object in a file of JSON; raises as `read_json` does, and ValueError for another value."""
    return _object(read_json(path, most))


def parse_object(content: str | bytes) -> dict[str, Any]:
    """The object of a JSON text; raises as `parse_json` does, and ValueError for another value."""
    return _object(parse_json(content))


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"it holds {_kind(value)} in place of an object with names")
    return value


def expected(fields: Any, name: str, kind: type[Kind]) -> Kind:
    """A field of an object, which is there and of this kind; a number with a point, or true, is no whole number.

    Raises:
        ValueError: it is missing or of another kind.
    """
    if not isinstance(fields, dict) or name not in fields:
        raise ValueError(f"{shortened(name)} is missing")
    value = fields[name]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"{shortened(name)} is {_kind(value)}")
    return value


def read_table(path: str | PathLike[str], most: int = MOST_BYTES) -> list[dict[str, str]]:
    """The rows of a csv file by its first line; cells a row lacks are empty, those beyond the first line ignored.

    Raises:
        OSError, ValueError, csv.Error: it is none, too large, or names two columns alike.
    """
    reader = csv.reader(StringIO(read_text(path, most), newline=None))
    header = next(reader, [])
    if twins := [name for name, count in Counter(header).items() if name and count > 1]:
        raise ValueError(f"two of its columns are called {shortened(twins[0])}")
    return [dict(zip_longest(header, cells[: len(header)], fillvalue="")) for cells in reader if cells]


def parse_yaml(content: str | bytes) -> Any:
    """The value of a YAML document of plain kinds; no tag of it makes an object.

    Raises:
        yaml.YAMLError, ValueError, RecursionError: it is none, too large, or its aliases unfold to too much.
    """
    import yaml

    if len(content) > MOST_YAML_BYTES:
        raise ValueError(f"it is larger than {MOST_YAML_BYTES // 1024:,} KiB")
    loader = yaml.SafeLoader(content)
    try:
        root = loader.get_single_node()
        if root is None:
            return None
        if (count := _written_out(root, {}, ())) > MOST_YAML_VALUES:
            raise ValueError(f"its aliases unfold to more than {MOST_YAML_VALUES:,} values ({count:,})")
        return loader.construct_document(root)
    finally:
        loader.dispose()


def _written_out(node: Any, counts: dict[int, int], above: tuple[int, ...]) -> int:
    """How many values a node stands for, were its aliases written out."""
    if isinstance(node.value, str):
        return 1 + len(node.value) // 64
    if id(node) in above:
        raise ValueError("an alias in it stands for what it lies in")
    if id(node) not in counts:
        parts = [part for pair in node.value for part in (pair if isinstance(pair, tuple) else (pair,))]
        total = 1 + sum(_written_out(part, counts, (*above, id(node))) for part in parts)
        counts[id(node)] = min(total, sys.maxsize)
    return counts[id(node)]


def _kind(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "an object"
    return "a list" if isinstance(value, list) else "a text" if isinstance(value, str) else f"{value!r:.20}"
