"""Write docs/known-wrong.md from its text and what `python -m benchmarks.known_wrong` measured; a test compares."""

import json
import re
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
MEASURED = HERE / "known-wrong.json"
TEXT = HERE.parent / "benchmarks" / "known_wrong" / "page.md"


def page(found: Mapping[str, Mapping[str, Any]]) -> str:
    """The text with every figure in its place."""
    text = TEXT.read_text("utf-8").format(**{name.replace("-", "_"): figures for name, figures in found.items()})
    paragraphs = re.sub(r"(\d)%", r"\1 %", text).strip().split("\n\n")
    return "\n\n".join(one if one[0] in "#|`" else wrapped(one) for one in paragraphs) + "\n"


def wrapped(paragraph: str) -> str:
    """Lines of at most 120 characters, no code broken in two."""
    kept = re.sub(r"`[^`]*`", lambda code: code[0].replace("\n", " ").replace(" ", "\0"), paragraph)
    lines = textwrap.fill(kept.replace("\n", " "), 120, break_long_words=False, break_on_hyphens=False)
    return lines.replace("\0", " ")


if __name__ == "__main__":
    (HERE / "known-wrong.md").write_text(page(json.loads(MEASURED.read_text("utf-8"))), encoding="utf-8")
