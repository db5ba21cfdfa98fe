"""What a data set holds, in one pass: how many images a class, of which sizes, and some of each class to show."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from vitxplain.data.readable import readable
from vitxplain.data.sample import DataSet, Sample
from vitxplain.data.stable_random import StableRandom
from vitxplain.data.tools.object_counts import ObjectCounts


@dataclass(frozen=True, eq=False)
class Survey:
    """Counts over the images that could be read, and the chosen samples, class by class."""

    labels: tuple[str, ...]
    images: dict[int, int]  # by label
    marked: dict[int, int]  # with an object in the mask or a box
    sizes: dict[int, tuple[tuple[int, int], tuple[int, int]]]  # least and greatest (height, width)
    located: int  # images of which it is known where the object is, or that there is none
    chosen: list[Sample] = field(repr=False)
    counts: ObjectCounts
    skipped: list[str]  # what was wrong with each image that could not be read

    @property
    def total(self) -> int:
        return sum(self.images.values())


def survey(data: DataSet, count: int, seed: int, progress: Callable[[int], None] = lambda _: None) -> Survey:
    """Look at every image once and choose `count`, as many of each class as there are, else more of the others.

    Raises:
        ImageError: one cannot be read, and the set is strict.
    """
    images, marked, located = Counter[int](), Counter[int](), 0
    least: dict[int, tuple[int, int]] = {}
    greatest: dict[int, tuple[int, int]] = {}
    lots: dict[int, list[tuple[float, int]]] = {}  # of each class, a lot for each image
    skipped: list[str] = []
    counts = ObjectCounts()
    random = StableRandom(seed)

    def skip(_: int, error: Exception) -> None:
        skipped.append(str(error))
        progress(1)

    for index, sample in readable(data, skip):
        label, size = sample.label, (sample.image.height, sample.image.width)
        images[label] += 1
        located += sample.mask is not None or sample.boxes is not None
        marked[label] += bool(sample.boxes) or (sample.mask is not None and bool(sample.mask.any()))
        counts.add(sample)
        low, high = least.get(label, size), greatest.get(label, size)
        least[label] = min(low[0], size[0]), min(low[1], size[1])
        greatest[label] = max(high[0], size[0]), max(high[1], size[1])
        lots.setdefault(label, []).append((random.unit(), index))
        progress(1)
    sizes = {label: (least[label], greatest[label]) for label in least}
    chosen = [data[index] for index in sorted(_drawn(lots, count))]
    chosen.sort(key=lambda sample: sample.label)
    return Survey(data.labels, dict(images), dict(marked), sizes, located, chosen, counts, skipped)


def _drawn(lots: dict[int, list[tuple[float, int]]], count: int) -> list[int]:
    """One index of each class in turn, until there are enough or no more."""
    turns = [(turn, *lot) for class_lots in lots.values() for turn, lot in enumerate(sorted(class_lots))]
    return [index for _, _, index in sorted(turns)[:count]]
