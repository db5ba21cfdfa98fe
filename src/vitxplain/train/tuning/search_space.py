"""What `vitx tune` searches, as text: `learning_rate=1e-5:1e-2,batch_size=16|32|64`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    pass

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from vitxplain.errors import OptionError

DEFAULT = "learning_rate=1e-5:1e-2,batch_size=16|32|64,weight_decay=1e-3:0.3"
EXAMPLE = "learning_rate=1e-5:1e-2 (a range) or batch_size=16|32|64 (a choice)"
WIDE = 10  # from here on a range is searched by its powers


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
    """One of these texts."""

    values: tuple[str, ...]

    def ends(self) -> tuple[str, ...]:
        return self.values

    def suggest(self, trial: Any, name: str) -> str:
        """A value as text, chosen by a trial of Optuna."""
        return str(trial.suggest_categorical(name, self.values))


Space: TypeAlias = Mapping[str, Range | Choice]


def search_space(text: str, read: Callable[[str, str], Any]) -> dict[str, Range | Choice]:
    """The options to search with their values.

    KEY=LOW:HIGH is a range, searched by its powers where HIGH is ten times LOW or more (`:linear` and `:log` behind it
    say otherwise); KEY=A|B|C is a choice. `read` gives the value that an option's text stands for: options that take
    whole numbers get whole numbers.

    Raises:
        OptionError: the text is no search space, or `read` refuses one of its values.
    """
    found: dict[str, Range | Choice] = {}
    for part in (one.strip() for one in text.split(",") if one.strip()):
        key, equals, values = (word.strip() for word in part.partition("="))
        if not (key and equals and values):
            raise OptionError(f"--search: {part!r} says not what to search; write {EXAMPLE}.")
        key = key.replace("-", "_")
        if key in found:
            raise OptionError(f"--search names {key} twice; write it once.")
        one = _range(key, values) if ":" in values else _choice(key, values)
        typed = [read(key, end) for end in one.ends()]
        if isinstance(one, Range):
            one = replace(one, whole=all(isinstance(value, int) for value in typed))
        found[key] = one
    if not found:
        raise OptionError(f"--search names nothing; write {EXAMPLE}.")
    return found


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
    return Range(low, high, log=scale == ["log"] or (not scale and low > 0 and high >= WIDE * low))


def _choice(key: str, values: str) -> Choice:
    chosen = tuple(dict.fromkeys(one.strip() for one in values.split("|")))
    if len(chosen) < 2 or "" in chosen:
        raise OptionError(f"--search: {key}={values} leaves no choice; write {EXAMPLE}, or -o {key}={chosen[0]}.")
    return Choice(chosen)


def _text(number: float) -> str:
    return str(int(number)) if number == int(number) and abs(number) < 1e15 else repr(number)


@dataclass(frozen=True)
class TrialResult:
    """One trial: what was chosen, and the figure it reached on the validation set.

    `state` is complete, stopped (early: it was worse than the others so far) or failed; `error` says why.
    """

    number: int
    chosen: Mapping[str, Any]
    value: float | None
    state: str
    run: Path
    error: str = ""

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "run": str(self.run), "chosen": dict(self.chosen)}
