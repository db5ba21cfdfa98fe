"""Hints for people who write here what they wrote for another library; each empty where nothing is known."""

from typing import Any

from vitxplain.other_libraries.names import METHODS, OPTIONS, TARGETS


def method_hint(name: str) -> str:
    """What to write in place of a method of theirs, in any spelling: "ScoreCAM", "Grad-CAM++"."""
    return METHODS.get("".join(filter(str.isalnum, name.replace("++", "pp"))).casefold(), "")


def option_hint(name: str) -> str:
    """What to write in place of an option of theirs."""
    return OPTIONS.get(name, "")


def target_hint(target: Any) -> str:
    """What to write in place of an object that is a target for them."""
    words = TARGETS.get(type(target).__name__, "")
    if "{category}" not in words:
        return words
    category = getattr(target, "category", None)
    return words.format(category="CLASS" if category is None else repr(category))
