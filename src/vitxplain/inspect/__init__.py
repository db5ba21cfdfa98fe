"""What people call to record attention and look at it: `record`, `Writer`, `open_recording`, `records`.

    import vitxplain.inspect
    with vitxplain.inspect.record(model, "runs/vit") as recording:
        model(batch)

Each name loads its module when first used; `Writer` and the readers import NumPy and Pillow, and no torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vitxplain.inspect.layer_form import Layer, Side
    from vitxplain.inspect.live.recorder import Recorder, record
    from vitxplain.inspect.record_file import Record
    from vitxplain.inspect.recording import Recording, open_recording, records
    from vitxplain.inspect.writer import Writer

__all__ = ["Layer", "Record", "Recorder", "Recording", "Side", "Writer", "open_recording", "record", "records"]

_HOMES = {
    "Layer": "vitxplain.inspect.layer_form",
    "Record": "vitxplain.inspect.record_file",
    "Recorder": "vitxplain.inspect.live.recorder",
    "Recording": "vitxplain.inspect.recording",
    "Side": "vitxplain.inspect.layer_form",
    "Writer": "vitxplain.inspect.writer",
    "open_recording": "vitxplain.inspect.recording",
    "record": "vitxplain.inspect.live.recorder",
    "records": "vitxplain.inspect.recording",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'vitxplain.inspect' has no attribute {name!r}; it offers {', '.join(__all__)}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return list(__all__)
