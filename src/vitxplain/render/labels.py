"""The words on a picture: which class, how probable, by which method on which model."""

import os
from pathlib import PurePath

from vitxplain.explanation import Explanation
from vitxplain.paths import is_folder, user_path

LONGEST_NAME = 36  # characters; a title must be read at a glance


def short_name(name: str, longest: int = LONGEST_NAME) -> str:
    """The first of a label's synonyms ("tench, Tinca tinca" -> "tench"), cut where it is still too long."""
    first = name.split(",")[0].strip() or name
    return first if len(first) <= longest else first[: longest - 1].rstrip() + "…"


def percent(probability: float) -> str:
    """One digit after the point, and never "0%" for what is only small."""
    share = 100 * probability
    if 0 < share < 0.1:
        return "<0.1%"
    return f"{share:.0f}%" if share >= 99.95 else f"{share:.1f}%"


def headline(explanation: Explanation) -> str:
    """The class that was explained, or for a method that is about no class the predicted one."""
    target, top = explanation.target, explanation.prediction
    predicted = f"{short_name(top.names[0])} · {percent(top.probabilities[0])}" if top.names else ""
    if target is None:
        return f"predicted: {predicted}" if predicted else explanation.method
    explained = f"{short_name(target.name)} · {percent(target.probability)}"
    return explained if target.index in top.indices[:1] or not predicted else f"{explained}   (predicted: {predicted})"


def detail(explanation: Explanation) -> str:
    """Method with its options, and model."""
    options = ", ".join(f"{name}={value}" for name, value in explanation.options.items() if value is not None)
    method = f"{explanation.method} ({options})" if options else explanation.method
    return " · ".join(part for part in (method, model_name(explanation)) if part)


def each_of(explanation: Explanation) -> str:
    """What the values are, as the first half of a message: one value for each of these axes."""
    return f"{explanation.method} gives one value for each of {explanation.axes.replace(' ', ' x ')}"


def model_name(explanation: Explanation) -> str:
    """The model's id, a folder by its own name alone; empty where the explanation does not know it."""
    return source_name(str((explanation.provenance.get("model") or {}).get("id") or ""))


def source_name(source: str) -> str:
    """A source as others may read it: a folder by its own name alone, the model of a run by the run's."""
    path, there = PurePath(source), is_folder(user_path(source))
    if not (there or source.startswith((".", "~")) or path.is_absolute() or source.count("/") > 1):
        return source  # OWNER/NAME is a Hub id
    if there:
        path = PurePath(os.path.abspath(user_path(source)))  # noqa: PTH100 - resolve() would follow links
    return path.parent.name if path.name == "model" and path.parent.name else path.name
