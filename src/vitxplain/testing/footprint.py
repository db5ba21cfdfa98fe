"""What a method promises to leave behind: nothing."""

from contextlib import suppress

from vitxplain.models.vision_model import VisionModel
from vitxplain.testing.cases import Method, cases, promise
from vitxplain.testing.outcomes import shape_of
from vitxplain.testing.state import difference, snapshot


def model_stays_as_found(method: Method, model: VisionModel | None = None) -> None:
    """Flags, gradients, hooks and weights are as before, also when the model fails halfway."""
    __tracebackhide__ = True
    for explainer, fitting, pixel_values in cases(method, model):
        before = snapshot(fitting.module)
        shape_of(explainer, fitting, pixel_values)
        changed = difference(before, snapshot(fitting.module))
        promise(changed is None, f"{changed}; undo it in a `finally`")
        handle = list(fitting.module.modules())[-1].register_forward_hook(_fail)
        try:
            with suppress(Exception):  # the planted one, as it is or in other words
                explainer.explain(fitting, pixel_values)
        finally:
            handle.remove()
        changed = difference(before, snapshot(fitting.module))
        promise(changed is None, f"{changed} when the model raised an exception; undo it in a `finally`")


def _fail(*_: object) -> None:
    raise RuntimeError("planted by vitxplain.testing: does the method leave the model as it found it?")
