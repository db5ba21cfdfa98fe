"""The search space of `vitx tune`, read from text as `learning_rate=1e-5:1e-2,batch_size=16|32|64`; TrialResult."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from vitxplain.errors import OptionError

DEFAULT = "learning_rate=1e-5:1e-2,batch_size=16|32|64,weight_decay=1e-3:0.3"
EXAMPLE = "learning_rate=1e-5:1e-2 (a range) or batch_size=16|32|64 (a choice)"
LOG_RATIO = 10  # a range of this ratio or more is searched by its powers


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included."""

    low: float
    high: float
    log: bool
    whole: bool = False

    def ends(self) -> tuple[str, ...]:
        return _text(self.low), _text(self.high)

    def suggest(self, trial: Any, name: str) -> str:
        """A value as text, chosen by a trial of Optuna."""
        if self.whole:
            return str(trial.suggest_int(name, int(self.low), int(self.high), log=self.log))
        return repr(trial.suggest_float(name, self.low, self.high, log=self.log))


@dataclass(frozen=True)
class Choice:
    """A choice between texts."""

    values: tuple[str, ...]

    def ends(self) -> tuple[str, ...]:
        return self.values

    def suggest(self, trial: Any, name: str) -> str:
        """A value as text, chosen by a trial of Optuna."""
        return str(trial.suggest_categorical(name, self.values))


Space: TypeAlias = Mapping[str, Range | Choice]


@dataclass(frozen=True)
class TrialResult:
    """One trial: its options, and the figure it reached on the validation set.

    `state` is complete, stopped (early: it was worse than the others so far) or failed; `error` says why.
    """

    number: int
    options: Mapping[str, Any]
    value: float | None
    state: str
    run: Path
    error: str = ""

    def as_json(self) -> dict[str, Any]:
        facts = {"number": self.number, "chosen": dict(self.options), "value": self.value, "state": self.state}
        return {**facts, "run": str(self.run), "error": self.error}


def search_space(text: str, read: Callable[[str, str], Any]) -> dict[str, Range | Choice]:
    """The options to search with their values.

    KEY=LOW:HIGH is a range, searched by its powers where HIGH is ten times LOW or more (`:linear` and `:log` behind it
    say otherwise); KEY=A|B|C is a choice. `read` gives the value that an option's text stands for: options that take
    whole numbers get whole numbers.

    Raises:
        OptionError: the text is no search space, or `read` refuses one of its values.
    """
    space: dict[str, Range | Choice] = {}
    for part in (part.strip() for part in text.split(",") if part.strip()):
        key, equals, values = (word.strip() for word in part.partition("="))
        if not (key and equals and values):
            raise OptionError(f"--search: {part!r} says not what to search; write {EXAMPLE}.")
        key = key.replace("-", "_")
        if key in space:
            raise OptionError(f"--search names {key} twice; write it once.")
        dimension = _range(key, values) if ":" in values else _choice(key, values)
        ends = [read(key, end) for end in dimension.ends()]
        if isinstance(dimension, Range):
            dimension = replace(dimension, whole=all(isinstance(end, int) for end in ends))
        space[key] = dimension
    if not space:
        raise OptionError(f"--search names nothing; write {EXAMPLE}.")
    return space


def _range(key: str, values: str) -> Range:
    low_text, high_text, *scale = values.split(":")
    try:
        low, high = float(low_text), float(high_text)
    except ValueError:
        raise OptionError(f"--search: {key}={values} is no range of numbers; write {EXAMPLE}.") from None
    if scale not in ([], ["log"], ["linear"]):
        raise OptionError(f"--search: behind {key}={low_text}:{high_text} may stand :log or :linear, not {scale[0]!r}.")
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise OptionError(f"--search: {key}={values} is an empty range; the lower end comes first.")
    if scale == ["log"] and low <= 0:
        raise OptionError(f"--search: {key}={values} cannot be searched by powers from {low:g}; start above 0.")
    return Range(low, high, log=scale == ["log"] or (not scale and low > 0 and high >= LOG_RATIO * low))


def _choice(key: str, values: str) -> Choice:
    chosen = tuple(dict.fromkeys(value.strip() for value in values.split("|")))
    if len(chosen) < 2 or "" in chosen:
        raise OptionError(f"--search: {key}={values} leaves no choice; write {EXAMPLE}, or -o {key}={chosen[0]}.")
    return Choice(chosen)


def _text(number: float) -> str:
    return str(int(number)) if number == int(number) and abs(number) < 1e15 else repr(number)
