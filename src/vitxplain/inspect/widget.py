"""InspectWidget: the viewer as a widget of a notebook, whose selection comes back as Python values; by anywidget."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import anywidget
import numpy as np
import traitlets

from vitxplain.errors import VitxplainError
from vitxplain.inspect.page import BUNDLE

if TYPE_CHECKING:
    from vitxplain.inspect.recording import Recording

_WORDS: Final = {"uint8": "U8", "float16": "F16", "float32": "F32", "int32": "I32"}


class InspectWidget(anywidget.AnyWidget):
    """The viewer of a recording.

    Attributes:
        selection: what the viewer is at, as it changes: the record's id, layer, head, query, direction.
        height: in pixels.
    """

    _esm = BUNDLE
    index = traitlets.Dict().tag(sync=True)
    selection = traitlets.Dict().tag(sync=True)
    height = traitlets.Int(760).tag(sync=True)

    def __init__(self, recording: "Recording", height: int = 760) -> None:
        super().__init__(index=recording.index(), height=height)
        self._recording = recording
        self.on_msg(self._answer)

    def _answer(self, _: Any, question: Mapping[str, Any], __: Sequence[Any]) -> None:
        """Send what the page asks for: a record's facts, or one tensor of it."""
        number = question.get("number")
        record = self._recording.by_id(str(question.get("id")))
        if record is None:
            self.send({"number": number, "error": "There is no such record."})
        elif question.get("kind") == "facts":
            self.send({"number": number, "facts": dict(record.facts)})
        else:
            try:
                array = record.tensor(str(question.get("name")))
            except VitxplainError as error:
                self.send({"number": number, "error": str(error)})
                return
            answer = {"number": number, "dtype": _WORDS[array.dtype.name], "shape": list(array.shape)}
            self.send(answer, [np.ascontiguousarray(array).tobytes()])
