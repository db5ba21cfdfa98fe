"""Images read and turned into model input by threads, ahead of the model that waits for them."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice

import torch

from vitxplain.data.bands import BandImage, Original
from vitxplain.data.read_bands import read_original
from vitxplain.data.sample import Sample
from vitxplain.models.processors.batches import Batch, batches
from vitxplain.models.processors.processor import Processor
from vitxplain.scale.listing import Listing


@dataclass(frozen=True, eq=False)
class Prepared:
    """Images that run together, by their places in the listing.

    `batches` hold those of `originals`, in their order; empty where the processor failed on one of them, which whoever
    takes the images one by one finds out. `errors` are of images that cannot be read, `names` those that samples of a
    data set have of their own.
    """

    originals: Mapping[int, Original]
    batches: list[Batch] = field(default_factory=list)
    errors: Mapping[int, Exception] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)


def prepare(
    images: Listing, processor: Processor, places: range, batch_size: int, device: torch.device | None = None
) -> Prepared:
    """The images at these places, read and as model input; for a GPU, in memory from which it copies by itself."""
    originals: dict[int, Original] = {}
    errors: dict[int, Exception] = {}
    names: dict[int, str] = {}
    for number in places:
        try:
            image = images.image(number)
            if isinstance(image, Sample):
                names[number], image = image.name, image.image
            originals[number] = original = read_original(image, processor.channels)
            if isinstance(image, str) and not isinstance(original, BandImage):
                setattr(original, "filename", image)  # noqa: B010 - where it came from, for messages
        except Exception as error:
            errors[number] = error
    try:
        ready = [_within_reach(batch, device) for batch in batches(processor, list(originals.values()), batch_size)]
    except Exception:
        ready = []
    return Prepared(originals, ready, errors, names)


def _within_reach(batch: Batch, device: torch.device | None) -> Batch:
    """The batch in pinned memory where the device is a GPU: the copy then waits for nothing and nothing for it."""
    if device is None or device.type != "cuda":
        return batch
    return replace(batch, pixel_values=batch.pixel_values.pin_memory())


class ReadAhead:
    """What each piece of work gives, in order; `workers` threads are as many pieces ahead of who takes them.

    They begin as the context is entered, before anybody takes something. Each of them computes by itself: PyTorch would
    give each as many threads of its own as there are cores, which then wait for work on the cores that the model runs
    on.
    """

    def __init__(self, work: Iterable[Callable[[], Prepared]], workers: int) -> None:
        self.workers = workers
        self._pieces = iter(work)
        self._waiting: deque[Future[Prepared]] = deque()
        self._threads = torch.get_num_threads()
        self._pool = ThreadPoolExecutor(workers, "vitx-prepare", torch.set_num_threads, (1,))

    def __enter__(self) -> "ReadAhead":
        self._fill()
        return self

    def __iter__(self) -> Iterator[Prepared]:
        self._fill()
        while self._waiting:
            first = self._waiting.popleft()
            self._fill()
            yield first.result()

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)
        torch.set_num_threads(self._threads)  # of threads that begin later, which take the number that was set last

    def _fill(self) -> None:
        for piece in islice(self._pieces, self.workers - len(self._waiting)):
            self._waiting.append(self._pool.submit(piece))
