"""Names the plugin whose metric failed, and checks what a metric is and gives."""

import math
from contextlib import AbstractContextManager
from dataclasses import is_dataclass
from typing import Any, get_args

from vitxplain import registry
from vitxplain.errors import PluginError
from vitxplain.metrics.base import Better, Metric

ADVICE = "This is that package's fault, not that of the map or the model: report it to its authors."


def metric_errors(metric: Metric | type[Metric]) -> AbstractContextManager[None]:
    """Around each call of a metric's own code, and around making one; raises as `registry.foreign_errors`."""
    metric_class = metric if isinstance(metric, type) else type(metric)
    return registry.foreign_errors("metrics", metric_class, ADVICE)


def load_metric(name: str) -> Any:
    """The metric of a name, a frozen dataclass, as it is without options.

    Raises:
        UnknownNameError: nobody registered it.
        PluginError: its package cannot be imported, or offers no metric.
    """
    metric_class: Any = registry.load("metrics", name)
    is_metric = isinstance(metric_class, type) and issubclass(metric_class, Metric) and is_dataclass(metric_class)
    if not is_metric or getattr(metric_class, "better", None) not in get_args(Better):
        name = registry.canonical("metrics", name)
        package = registry.package(registry.names("metrics")[name])
        raise PluginError(
            f"the metric {name!r} of {package} is no metric but {metric_class!r}. Its entry point must name a frozen "
            f"dataclass derived from vitxplain.plugins.Metric that says `better`, one of {', '.join(get_args(Better))}."
        )
    with metric_errors(metric_class):
        metric = metric_class()
        repr(metric)  # it is part of every table
        return metric


def number(value: Any) -> float:
    """A score as a number; NaN where it is not defined.

    Raises:
        TypeError, ValueError: it is none, or infinite.
    """
    score = float(value)
    if math.isinf(score):
        raise ValueError("it gave an infinite score")
    return score
