"""Explain any vision transformer or CNN: from an image to a map you can trust, in one line.

    from vitxplain import explain
    explain("google/vit-base-patch16-224", "cat.jpg").save("out")

Importing this package imports neither torch nor a plugin; each name below loads its module when first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vitxplain.api import explain, explain_together, fitting
    from vitxplain.assessment.assess import assess
    from vitxplain.comparison.run import compare
    from vitxplain.data.load import load_data
    from vitxplain.errors import VitxplainError
    from vitxplain.evaluation.run import evaluate
    from vitxplain.explanation.explanation import Explanation
    from vitxplain.explanation.storage import load
    from vitxplain.models.loading.load import load_model
    from vitxplain.train.config.options import TrainOptions
    from vitxplain.train.watch.explanation_watcher import ExplanationWatcher

__all__ = [
    "Explanation",
    "ExplanationWatcher",
    "TrainOptions",
    "VitxplainError",
    "assess",
    "compare",
    "evaluate",
    "explain",
    "explain_together",
    "fitting",
    "load",
    "load_data",
    "load_model",
]

_HOMES = {
    "Explanation": "vitxplain.explanation.explanation",
    "ExplanationWatcher": "vitxplain.train.watch.explanation_watcher",
    "TrainOptions": "vitxplain.train.config.options",
    "VitxplainError": "vitxplain.errors",
    "assess": "vitxplain.assessment.assess",
    "compare": "vitxplain.comparison.run",
    "evaluate": "vitxplain.evaluation.run",
    "explain": "vitxplain.api",
    "explain_together": "vitxplain.api",
    "fitting": "vitxplain.api",
    "load": "vitxplain.explanation.storage",
    "load_data": "vitxplain.data.load",
    "load_model": "vitxplain.models.loading.load",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version  # a seventh of the time of --help, where nobody asks for it

        return version("vitxplain")
    if name in ("inspect", "scale"):  # packages of their own
        return import_module(f"vitxplain.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'vitxplain' has no attribute {name!r}; it offers {', '.join(__all__)}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
