"""What methods take of all images of a command, before the first is explained."""

from collections.abc import Iterator, Mapping, Sequence

from vitxplain.data.bands import Original
from vitxplain.data.read_bands import read_original
from vitxplain.errors import ImageError
from vitxplain.explainers.base import Explainer
from vitxplain.explainers.passes.joint import over_call
from vitxplain.models.processors.batches import Batch, batches
from vitxplain.models.vision_model import VisionModel
from vitxplain.scale.image_sources import Source


def over_sources(
    model: VisionModel, explainers: Mapping[str, Explainer], sources: Sequence[Source], batch_size: int
) -> dict[str, Explainer]:
    """The methods, as `over_call` makes them of all images that can be read; no more than a batch of these is held."""
    if len(sources) == 1:
        return dict(explainers)
    return over_call(model, explainers, lambda: _batches(model, sources, batch_size))


def _batches(model: VisionModel, sources: Sequence[Source], batch_size: int) -> Iterator[Batch]:
    for start in range(0, len(sources), batch_size):
        images = [image for source in sources[start : start + batch_size] for image in _read(model, source)]
        try:
            yield from list(batches(model.processor, images, batch_size)) if images else []
        except ImageError:  # one of them; what is wrong is said when it is explained
            for image in images:
                try:
                    yield from batches(model.processor, [image], 1)
                except ImageError:
                    continue


def _read(model: VisionModel, source: Source) -> list[Original]:
    """The image, if it can be read."""
    try:
        return [] if source.error else [read_original(source.path, model.processor.channels)]
    except ImageError:
        return []
