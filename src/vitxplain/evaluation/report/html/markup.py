"""Markup: pieces of HTML in which every text is escaped, unless it is markup itself."""

from html import escape

from vitxplain.escape import terminal


class Markup(str):
    """HTML, as `element` makes it; any other text is shown letter by letter."""

    __slots__ = ()


def element(tag: str, *content: object, **attributes: object) -> Markup:
    """`element("td", "a < b", class_="best")`; None is left out, and an attribute that is True has no value."""
    named = "".join(_attribute(name, value) for name, value in attributes.items())
    end = "" if tag in ("meta", "img", "wbr", "br") else f"</{tag}>"
    return Markup(f"<{tag}{named}>{join(*content)}{end}")


def join(*content: object) -> Markup:
    """One after the other, each text escaped; control characters and marks of direction stand as their numbers."""
    return Markup("".join(_text(part) for part in content if part is not None))


def breakable(name: str) -> Markup:
    """A name that may be broken behind its hyphens and colons."""
    parts = [_text(part) for part in name.replace(":", ":\0").replace("-", "-\0").split("\0")]
    return Markup("<wbr>".join(parts))


def _text(part: object) -> str:
    return part if isinstance(part, Markup) else escape(terminal(part))


def _attribute(name: str, value: object) -> str:
    name = name.rstrip("_").replace("_", "-")
    return "" if value is None or value is False else f" {name}" if value is True else f' {name}="{_text(value)}"'
