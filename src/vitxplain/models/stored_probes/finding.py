"""find_probe: what a model is, read where an earlier process kept it, else by watching the model run."""

from vitxplain.models.parallel.probe import probe
from vitxplain.models.plain_pass import plain_pass_on_failure
from vitxplain.models.probing.observe import noise
from vitxplain.models.probing.probe import Probe
from vitxplain.models.stored_probes.store import probe_file, read_probe, write_probe
from vitxplain.models.vision_model import VisionModel
from vitxplain.types import PixelValues


def find_probe(
    model: VisionModel, size: tuple[int, int], images: PixelValues | None = None, *, placed: bool = True
) -> Probe:
    """What the model is at an input size (height, width); kept on disk where it may be, and then never of `images`.

    Unless `placed`, how feature maps lie need not be looked at.

    Raises:
        ModelLoadError: the model fails on an input of this size.
    """
    file = probe_file(model, size)
    kept = None if file is None else read_probe(file)
    if kept is not None and (kept.is_placed or not placed):
        return kept
    with plain_pass_on_failure(model, noise(model, size)):
        fresh = probe(model, size, images, placed=placed)
    if file is not None:
        write_probe(file, fresh)
    return fresh
