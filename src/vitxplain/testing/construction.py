"""What a method promises as an object, whatever it explains."""

import pickle
import sys
from dataclasses import FrozenInstanceError

from vitxplain.models.vision_model import VisionModel
from vitxplain.testing.cases import Method, class_of, instance_of, promise


def default_construction(method: Method, model: VisionModel | None = None) -> None:  # noqa: ARG001
    """Every option has a default, and no instance can be changed."""
    __tracebackhide__ = True
    cls = class_of(method)
    try:
        setattr(cls(), "anything", None)  # noqa: B010
    except FrozenInstanceError:
        return
    raise AssertionError(f"{cls.__name__} can be changed; decorate it with @dataclass(frozen=True)")


def repr_evaluates(method: Method, model: VisionModel | None = None) -> None:  # noqa: ARG001
    """`eval(repr(e)) == e`: the repr is the provenance of a result."""
    __tracebackhide__ = True
    explainer = instance_of(method)
    scope = {**vars(sys.modules[type(explainer).__module__]), type(explainer).__name__: type(explainer)}
    evaluated = eval(repr(explainer), scope)  # noqa: S307 - that is the promise
    promise(
        evaluated == explainer,
        f"eval(repr(e)) gives {evaluated!r}, not {explainer!r}; let the dataclass make repr and ==",
    )


def pickles(method: Method, model: VisionModel | None = None) -> None:  # noqa: ARG001
    """Other processes get the same method."""
    __tracebackhide__ = True
    explainer = instance_of(method)
    try:
        unpickled = pickle.loads(pickle.dumps(explainer))  # noqa: S301 - our own bytes
    except Exception as error:  # which one, and its words, depend on Python's version and on the field
        raise AssertionError(
            f"{type(explainer).__name__} does not pickle ({error}); keep in its fields what pickles: numbers, names, "
            "functions of a module, but no lambda and no open file"
        ) from error
    promise(unpickled == explainer, f"after pickling it is {unpickled!r}, not {explainer!r}")
