"""Images found damaged only when they are decoded: skipped and counted, or, in a strict set, an end to it.

A set keeps its length and its order whatever is damaged, so that index -> sample stays fixed and an epoch can be
repeated. Who reads in order (tests, evaluation, sheets) skips with `readable`. Who reads batches (training) takes with
`stand_in` the next good image instead, so that every batch has its size on every machine and after every resume.
"""

from collections.abc import Callable, Iterable, Iterator

from vitxplain.data.sample import DataSet, Sample
from vitxplain.errors import DataError, ImageError


def readable(
    data: DataSet, skipped: Callable[[int, ImageError], None], indices: Iterable[int] | None = None
) -> Iterator[tuple[int, Sample]]:
    """The samples that can be read, with their indices; `skipped` hears of each other one.

    Raises:
        ImageError: one is damaged, and the set is strict.
    """
    for index in range(len(data)) if indices is None else indices:
        try:
            sample = data[index]
        except ImageError as error:
            if data.strict:
                raise
            skipped(index, error)
            continue
        yield index, sample


def stand_in(data: DataSet, index: int, skipped: Callable[[int, ImageError], None]) -> Sample:
    """The sample, or the next one that can be read.

    Raises:
        ImageError: it is damaged, and the set is strict.
        DataError: none can be read.
    """
    following = ((index + step) % len(data) for step in range(len(data)))
    for _, sample in readable(data, skipped, following):
        return sample
    raise DataError(f"none of the {len(data)} images of {data.name} can be read.")
