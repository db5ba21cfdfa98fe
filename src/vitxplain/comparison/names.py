"""Names of the user's own in the figure, in place of those of images, models, methods and targets."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from vitxplain.comparison.entries import Entry
from vitxplain.errors import UsageError
from vitxplain.suggest import did_you_mean, similar_names
from vitxplain.words import joined


def with_names(entries: Mapping[str, Sequence[Entry]], names: Mapping[str, str]) -> dict[str, list[Entry]]:
    """The entries, those called as a key says under its name; a key is the name in the figure, or as it was given.

    Raises:
        UsageError: nothing is called so.
    """
    words = {word for side in entries.values() for entry in side for word in _words(entry)}
    for key in names:
        if key not in words:
            labels = [entry.label for side in entries.values() for entry in side if entry.label]
            hint = did_you_mean(similar_names(key, words, most=1), f"it has {joined(labels)}.")
            raise UsageError(f"names gives {key!r} another name, and nothing in the figure is called so; {hint}")
    return {side: [_renamed(entry, names) for entry in listed] for side, listed in entries.items()}


def _renamed(entry: Entry, names: Mapping[str, str]) -> Entry:
    new_labels = [names[word] for word in _words(entry) if word in names]
    return replace(entry, label=new_labels[0]) if new_labels else entry


def _words(entry: Entry) -> list[str]:
    """What an entry goes by: its name in the figure, and what was given where that is a word."""
    typed_words = [entry.value] if isinstance(entry.value, str) and not entry.random else []
    return [word for word in (entry.label, *typed_words) if word]
