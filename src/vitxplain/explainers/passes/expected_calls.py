"""The attention calls of a pass are those of the probe, each of which can be watched, or it is said which is not."""

from collections.abc import Sequence

from vitxplain.capture.calls import AttentionCall
from vitxplain.capture.layout import AttentionLayout
from vitxplain.errors import CaptureError


def check_call(layouts: Sequence[AttentionLayout], call: AttentionCall) -> None:
    """Raises:
    CaptureError: the probe saw no such call, or in another module.
    """
    if call.index >= len(layouts):
        raise CaptureError(f"{call.path or 'the model'} ran attention that did not run on the probe's image.")
    if layouts[call.index].path != call.path:
        raise CaptureError(f"attention ran in {call.path}, where the probe saw it in {layouts[call.index].path}.")


def check_all_ran(layouts: Sequence[AttentionLayout], count: int) -> None:
    """Raises:
    CaptureError: fewer calls ran than the probe saw.
    """
    if count < len(layouts):
        path = layouts[count].path or "the model itself"
        raise CaptureError(f"{count} of {len(layouts)} attention calls ran; missing from {path} on.")


def hidden(path: str, how: str) -> CaptureError:
    """What is said of a module whose attention cannot be watched."""
    return CaptureError(f"{path or 'the model'} {how}; load it with attn_implementation='eager', or use grad-cam.")
