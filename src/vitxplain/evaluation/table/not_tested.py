"""What an evaluation says nothing about: metrics that were not asked for, and methods that were not scored."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vitxplain import registry
from vitxplain.evaluation.plan.entries import PlannedEntry
from vitxplain.metrics.base import Metric
from vitxplain.words import counted, joined


@dataclass(frozen=True)
class NotTested:
    """`metrics` by name; `methods` by model and name, each with a clause why, which is empty where nobody asked."""

    metrics: tuple[str, ...]
    methods: Mapping[str, Mapping[str, str]]

    def __bool__(self) -> bool:
        return bool(self.metrics or any(self.methods.values()))

    def __str__(self) -> str:
        """The counts, `16 metrics and 9 methods`; of several models the methods that none has."""
        names = set.intersection(*map(set, self.methods.values())) if self.methods else set()
        counts = [counted(len(self.metrics), "metric") if self.metrics else ""]
        counts += [counted(len(names), "method") if names else ""]
        return joined([count for count in counts if count])

    def sentences(self) -> list[str]:
        """One for the metrics, and one for each model and reason."""
        lines = []
        if self.metrics:
            lines.append(f"By no score here: {joined(self.metrics)} (--metrics all takes those that the data allow).")
        for model, reasons in self.methods.items():
            for reason in dict.fromkeys(reasons.values()):
                names = joined([name for name, why in reasons.items() if why == reason])
                lines.append(f"{model} without {names}: {reason or 'not asked for'}.")
        return lines

    def record(self) -> dict[str, Any]:
        """As plain values."""
        return {"metrics": list(self.metrics), "methods": {model: dict(why) for model, why in self.methods.items()}}


def not_tested(entries: Sequence[PlannedEntry], metrics: Mapping[str, Metric], left_out: Collection[str]) -> NotTested:
    """Of all that is registered; without the metrics that are left out, whose reason is told elsewhere."""
    scored = {registry.name_of("metrics", type(metric)) for metric in metrics.values()}
    told = scored | {name.partition(":")[0] for name in left_out}
    others = tuple(name for name in registry.names("metrics") if name not in told)
    return NotTested(others, {entry.name: entry.not_scored for entry in entries if entry.not_scored})
