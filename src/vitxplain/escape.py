"""Names from data, models and folders as plain text wherever they are shown: one function for each place."""

import re
from string import punctuation
from typing import Any

_ACTIVE = re.compile(r"&(?=#?\w+;)|<")  # begins an entity or a tag
_LINKS = re.compile(r"(\]|!)(?=[\[(:])")  # what makes a link, an image or a definition of one
_MARKS = re.compile(rf"\\(?=[{re.escape(punctuation)}])|[*`~\[\]]|(?<!\w)_|_(?!\w)")
_BLOCK = re.compile(r"^(?=[#>+=-])|^(\d+)(?=[.)](?:\s|$))")  # what makes a heading, a quotation or a list of a line
_LATEX = {
    **{sign: f"\\{sign}" for sign in "#$%&_{}"},
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": r"\textasciigrave{}",
    **{sign: f"{{{sign}}}" for sign in "[]*"},  # behind the end of a line they would be its option
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def terminal(text: object, keep: str = "") -> str:
    """As it is, but for what would move the cursor, turn the writing round, break the line or cannot be encoded."""
    whole = str(text)
    if whole.isprintable():  # almost all; letter by letter a picture within a page takes as long as drawing it
        return whole
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in whole)


def utf8(text: str) -> bytes:
    """As the bytes of a file; what is left of a name in another encoding is escaped, as JSON and YAML write it."""
    return text.encode(errors="backslashreplace")


def markdown(text: object) -> str:
    """A sentence that may hold names, on one line of Markdown: without tags, links and control characters."""
    return _LINKS.sub(r"\1\\", _ACTIVE.sub(_entity, terminal(text)))


def markdown_name(text: object) -> str:
    """A name in Markdown that is shown letter by letter, whatever it holds."""
    marked = _MARKS.sub(lambda mark: f"\\{mark[0]}", terminal(text))
    return _BLOCK.sub(lambda start: f"{start[1] or ''}\\", _ACTIVE.sub(_entity, marked))


def latex(text: object) -> str:
    """A name or sentence in LaTeX, on one line: no sign of it is a command, and no two hyphens or quotes are one."""
    return re.sub("([-'])(?=\\1)", r"\1{}", "".join(_LATEX.get(sign, sign) for sign in terminal(text)))


def csv_cell(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: a quotation mark before a text that begins like one."""
    if not isinstance(value, str) or not value.lstrip("'").startswith(_FORMULA):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value


def from_csv_cell(cell: str) -> str:
    """The text that `csv_cell` made a cell of."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA) else cell


def json_text(text: str) -> str:
    """JSON (and so YAML) that says the same without angle brackets and unprintable characters, all inside strings."""
    return "".join(c if c.isprintable() and c not in "<>" else _by_number(c) for c in text)


def shell_word(quoted: str, word: str) -> str:
    """A word of a command, `quoted` as usual; where it holds more than printable text, by bash's own numbers."""
    if word.isprintable() and not set("<>`") & set(word):
        return quoted
    escaped = (c if c.isprintable() and c not in "<>`'\\" else _shell_number(c) for c in word)
    return f"$'{''.join(escaped)}'"


def _entity(match: re.Match[str]) -> str:
    return {"&": "&amp;", "<": "&lt;"}[match[0]]


def _by_number(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at] << 8 | units[at + 1]:04x}" for at in range(0, len(units), 2))


def _shell_number(character: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogateescape"))
