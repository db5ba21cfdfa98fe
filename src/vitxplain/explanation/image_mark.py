"""Which image a picture is about, written into the file: not its name, which may say whose machine it lies on."""

import re
from hashlib import sha256
from pathlib import Path
from typing import Final

from vitxplain.files.opening import read_bytes

_MARK: Final = re.compile(rb"vitxplain-input:[0-9a-f]{16}")


def image_mark(source: str | None) -> str:
    """The same for the same path or address; empty for an image of no name."""
    return f"vitxplain-input:{sha256(source.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}" if source else ""


def stored_mark(file: Path) -> str:
    """That of a picture which lies there; empty where there is none, or nothing that can be read."""
    try:
        match = _MARK.search(read_bytes(file))
    except OSError:
        return ""
    return match[0].decode() if match else ""
