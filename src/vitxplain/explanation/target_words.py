"""What is explained, in words for titles, captions and lines: its name and how probable the model finds it."""

from vitxplain.tasks.base import ExplainedTarget
from vitxplain.words import LONGEST_NAME, short_name, shown


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


def label_of(target: ExplainedTarget) -> str:
    """What its files are named by; empty for a class that is explained alone."""
    return target.label.replace(target.name, short_name(target.name)) if target.is_class else target.label
