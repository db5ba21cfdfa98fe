"""What is explained, in words for titles, captions and lines: its name and how probable the model finds it."""

from typing import Final

from vitxplain.tasks.base import ExplainedTarget
from vitxplain.words import LONGEST_NAME, short_name, shown

LONGEST_SIDE: Final = 20  # characters of a name beside a colour bar


def name_and_score(
    target: ExplainedTarget, form: str = "{} · {}", longest: int = LONGEST_NAME, rather: str = " rather than "
) -> str:
    """As "lynx · 31.9%", and of a contrast both: "lynx 31.9% rather than tabby 28.0%".

    `form` is that of a name and a score where there is one class, `rather` stands between two; a name has up to
    `longest` characters.
    """
    if target.against is None:
        return form.format(short_name(target.name, longest), shown(target.probability, target.unit))
    names = class_names(target, longest)
    scores = (shown(one.probability, one.unit) for one in (target, target.against))
    return rather.join(f"{name} {score}" for name, score in zip(names, scores, strict=True))


def class_names(target: ExplainedTarget, longest: int = LONGEST_NAME) -> list[str]:
    """The name of its class in short, and in a contrast that of the other one behind it."""
    if target.against is None:
        return [short_name(target.name, longest)]
    other = target.against.name
    return [short_name(name, longest) for name in (target.name.removesuffix(f" ~ {other}"), other)]


def sides(target: ExplainedTarget | None) -> tuple[str, str]:
    """What values below 0 speak for, and those above it: "against" and "for it", or "for tabby" and "for lynx"."""
    if target is None or target.against is None:
        return "against", "for it"
    own, other = class_names(target, LONGEST_SIDE)
    return f"for {other}", f"for {own}"


def one_side_note(target: ExplainedTarget | None, method: str) -> str:
    """What a method whose values are never below 0 does not show of a contrast; empty where it is none."""
    if target is None or target.against is None:
        return ""
    against, own = sides(target)
    return (
        f"by its definition {method} has no values below 0: the map shows what speaks {own} and nothing of what speaks "
        f"{against}; swap the two for that, or take a method with both signs."
    )


def label_of(target: ExplainedTarget) -> str:
    """What its files are named by; empty for a class that is explained alone."""
    return target.label.replace(target.name, short_name(target.name)) if target.is_class else target.label
