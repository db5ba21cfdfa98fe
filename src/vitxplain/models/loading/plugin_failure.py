"""Makes adapters and runs their code, so that a plugin that fails is named with its package."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from vitxplain import registry
from vitxplain.errors import PluginError
from vitxplain.foreign_code import foreign_code
from vitxplain.models.loading.adapter import Adapter
from vitxplain.models.vision_model import VisionModel

ADVICE = "This is that package's fault: report it to its authors, with the traceback that --debug shows."


def load_adapter(name: str) -> Adapter:
    """The adapter of a name.

    Raises:
        PluginError: its package cannot be imported, or offers no adapter.
    """
    adapter_class: Any = registry.load("adapters", name)
    with adapter_errors(name, adapter_class):
        adapter: Adapter = adapter_class()
    if not isinstance(adapter, Adapter):
        package = registry.package(registry.names("adapters")[name])
        raise PluginError(
            f"the adapter {name!r} of {package} is no adapter but {adapter_class!r}. Its entry point must name a class "
            "derived from vitxplain.plugins.Adapter."
        )
    return adapter


@contextmanager
def adapter_errors(name: str, adapter_class: type, failure: str = "fails") -> Iterator[None]:
    """Around each call of an adapter's own code.

    Raises:
        PluginError: it fails and another package registered it. What ours raise goes on as it is, and so does
            everything that already says what is wrong.
    """
    package = registry.package(registry.names("adapters")[name])
    if adapter_class.__module__.partition(".")[0] == registry.PACKAGE:
        yield
        return
    with foreign_code(f"the adapter {name!r} of {package}", ADVICE, failure):
        yield


def checked_model(name: str, model: object) -> VisionModel:
    """What an adapter gave, if it is a model.

    Raises:
        PluginError: it is none.
    """
    if isinstance(model, VisionModel):
        return model
    package = registry.package(registry.names("adapters")[name])
    raise PluginError(f"the adapter {name!r} of {package} gave a {type(model).__name__}, not a VisionModel. {ADVICE}")
