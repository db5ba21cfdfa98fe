"""An explanation within the viewer: the attention of its model on its image, its map laid over the picture."""

from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from weakref import finalize

from vitxplain.errors import UsageError
from vitxplain.explanation.explanation import Explanation
from vitxplain.files.paths import user_path
from vitxplain.inspect.live.image_record import RecordOptions
from vitxplain.inspect.live.recorder import Recorder
from vitxplain.models.loading.load import load_model
from vitxplain.models.opened import ModelLike, model_for
from vitxplain.models.vision_model import VisionModel

if TYPE_CHECKING:
    from vitxplain.inspect.inline import Inline
    from vitxplain.inspect.widget import InspectWidget


def inspect_explanation(
    explanation: Explanation, model: ModelLike | None, height: int, widget: bool | None
) -> "InspectWidget | Inline":
    """The viewer; as `Explanation.inspect`. The records it reads go with it."""
    loaded = _opened(explanation) if model is None else model_for(model)
    folder = TemporaryDirectory(prefix="vitxplain-")
    try:
        recorder = Recorder(loaded, user_path(folder.name), RecordOptions(explanations=(explanation,)))
        recorder.add(explanation.bands or explanation.image, names=["image"])
        viewer = recorder.inspect(height=height, widget=widget)
    except BaseException:
        folder.cleanup()
        raise
    finalize(viewer, folder.cleanup)
    return viewer


def _opened(explanation: Explanation) -> VisionModel:
    """The model by the name it was opened by."""
    facts = explanation.provenance.get("model") or {}
    source, kind = (str(facts.get(name) or "") for name in ("id", "class"))
    if source in ("", kind):
        raise UsageError(
            f"no name is known that opens the model of this explanation again ({kind or 'it says nothing of it'}); "
            "give the model itself: explanation.inspect(model)."
        )
    return load_model(source, revision=facts.get("revision"))
