"""ExplainBatches: a batch of columns in, a batch of columns out, for engines that hold the data themselves."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from vitxplain.errors import ImageError, UsageError, describe
from vitxplain.explainers.passes.choose import MethodLike, several
from vitxplain.files.pictures import open_picture
from vitxplain.files.reading import reading
from vitxplain.options.checks import check_count
from vitxplain.scale.chosen import Chosen, chosen, loaded_for
from vitxplain.scale.explained import outcomes_of
from vitxplain.scale.listing import Listing
from vitxplain.scale.plan import MapKind
from vitxplain.scale.prepare import prepare
from vitxplain.scale.shards import failed_row, row, schema

if TYPE_CHECKING:
    from datasets import Features

ADVICE: Final = "store the bytes of whole PNG or JPEG files"
RESULTS: Final = {  # of Arrow; engines know no float16
    **{field.name: field.type for field in schema(MapKind("", None, {}), {}) if field.name not in ("path", "method")},
    "map": pa.list_(pa.float32()),
}
ADDED: Final = {"method": pa.string(), **RESULTS}


class ExplainBatches:
    """A picklable callable that adds maps to batches of images; it loads its model once in each worker.

    It takes a dict of columns (`datasets.Dataset.map(batched=True)`, Ray Data), a pandas frame (Dask), or an iterator
    of frames or of Arrow record batches (Spark's `mapInPandas` and `mapInArrow`), and gives the same kind: each
    image's row as it was, without the image, with the columns of a shard, once for each method; `map` is in float32,
    which every engine knows. An image that cannot be explained has its reason in `error` and stops nothing.

    Args:
        model: a source string; the workers load it.
        methods: one or several, by name.
        image: the column of the images: paths, URLs, bytes of files, PIL images, arrays, or what `datasets` stores
            ({"bytes": ..., "path": ...}).
        target, top_k, min_score, options: as in `explain_dataset`.
        device: as in `load_model`.
    """

    def __init__(
        self,
        model: str,
        methods: MethodLike | Sequence[MethodLike] = "auto",
        *,
        image: str = "image",
        target: str | Sequence[str] = (),
        top_k: int = 5,
        batch_size: int = 8,
        min_score: float | None = None,
        device: str = "auto",
        **options: Any,
    ) -> None:
        check_count("top_k", top_k)
        check_count("batch_size", batch_size)
        self.model, self.methods, self.image, self.device = model, several(methods), image, device
        self.target, self.top_k, self.batch_size, self.min_score = target, top_k, batch_size, min_score
        self.options = options
        self._chosen: Chosen | None = None

    @property
    def ddl(self) -> str:
        """The columns that are added, as Spark's schemas are written."""
        return ", ".join(f"{name} {_in_spark(kind)}" for name, kind in ADDED.items())

    @property
    def features(self) -> "Features":
        """The columns that are added, as `datasets` describes them: for frames and arrays, which have no such types."""
        from datasets import Features

        return Features.from_arrow_schema(pa.schema(ADDED))

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_chosen": None}

    def __call__(self, batch: Any) -> Any:
        """The batch with maps, of the kind it came in."""
        if isinstance(batch, Mapping):
            return self._columns(batch)
        if hasattr(batch, "to_pandas"):  # an Arrow table or record batch
            return self._arrow(batch)
        if hasattr(batch, "iloc"):
            return self._frame(batch)
        if isinstance(batch, Iterable):
            return self._each(batch)
        raise UsageError(
            f"ExplainBatches was called with {type(batch).__name__}; it takes a dict of columns, a pandas frame, an "
            "Arrow table, or an iterator of these."
        )

    def _each(self, batches: Iterable[Any]) -> Iterator[Any]:
        for batch in batches:
            yield self(batch)

    def _columns(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        of_numpy = any(isinstance(column, np.ndarray) for column in batch.values())
        made = self._made({name: list(column) for name, column in batch.items()})
        if of_numpy:
            return {name: _array(values) for name, values in made.items()}
        return {name: Column(values, ADDED[name]) if name in ADDED else values for name, values in made.items()}

    def _frame(self, frame: Any) -> Any:
        return type(frame)(self._made({str(name): frame[name].tolist() for name in frame.columns}))

    def _arrow(self, batch: Any) -> Any:
        made = self._made(batch.to_pydict())
        types = {**{field.name: field.type for field in batch.schema}, **ADDED}
        arrays = [pa.array(_plain(values), types[name]) for name, values in made.items()]
        return type(batch).from_arrays(arrays, names=list(made))

    def _made(self, columns: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
        """The columns of the results."""
        if self.image not in columns:
            raise UsageError(
                f"the batch has no column {self.image!r}; it has {', '.join(map(repr, columns))}: say image=NAME."
            )
        others = {name: values for name, values in columns.items() if name != self.image}
        made: dict[str, list[Any]] = {name: [] for name in (*others, *ADDED)}
        images = columns[self.image]
        for start in range(0, len(images), self.batch_size):
            numbers = range(start, min(start + self.batch_size, len(images)))
            for number, of_image in zip(numbers, self._rows([images[number] for number in numbers]), strict=True):
                for single in of_image:
                    for name, values in others.items():
                        made[name].append(values[number])
                    for name in ADDED:
                        value = single.get(name)
                        made[name].append(value.astype(np.float32) if isinstance(value, np.ndarray) else value)
        return made

    def _rows(self, images: Sequence[Any]) -> list[list[dict[str, Any]]]:
        """The rows of each image."""
        if self._chosen is None:
            loaded = loaded_for(self.methods, self.model, self.device)
            self._chosen = chosen(loaded, self.methods, self.options, self.target, self.top_k, self.min_score)
        listing = Listing([""] * len(images), lambda number: as_image(images[number]))
        model = self._chosen.model
        prepared = prepare(listing, model.processor, range(len(images)), self.batch_size, model.device)
        outcomes = outcomes_of(self._chosen, prepared)
        return [
            [
                failed_row("", name, describe(outcome)) if isinstance(outcome, Exception) else row("", outcome[0])
                for name, of_method in outcomes[number].items()
                for outcome in of_method
            ]
            for number in range(len(images))
        ]


def as_image(image: Any) -> Any:
    """What an engine holds as an image, as `explain` takes it."""
    if isinstance(image, Mapping):  # as datasets stores them
        image = image["bytes"] if image.get("bytes") is not None else image["path"]
    if isinstance(image, bytes | bytearray | memoryview):
        with reading(f"a value of {len(image)} bytes", "an image in a format that can be read", ADVICE, ImageError):
            return open_picture(BytesIO(image))
    return np.asarray(image, np.uint8) if isinstance(image, list) else image


class Column(list[Any]):
    """Values that Arrow takes as the type they have, which it would else guess from a batch that may hold none."""

    def __init__(self, values: Iterable[Any], kind: pa.DataType) -> None:
        super().__init__(values)
        self.kind = kind

    def __arrow_array__(self, type: pa.DataType | None = None) -> pa.Array:  # noqa: A002 - Arrow's protocol
        return pa.array(_plain(self), self.kind)


def _array(values: Sequence[Any]) -> np.ndarray:
    """One object a row, whatever these are."""
    if values and all(isinstance(value, str | float | int) for value in values):
        return np.asarray(values)
    array = np.empty(len(values), object)
    array[:] = _plain(values)
    return array


def _plain(values: Sequence[Any]) -> list[Any]:
    return [value.tolist() if isinstance(value, np.ndarray) else value for value in values]


def _in_spark(kind: pa.DataType) -> str:
    """A type of Arrow as Spark calls it."""
    if pa.types.is_list(kind):
        return f"array<{_in_spark(kind.value_type)}>"
    if pa.types.is_struct(kind):
        return f"struct<{', '.join(f'{field.name}: {_in_spark(field.type)}' for field in kind)}>"
    return {pa.string(): "string", pa.float32(): "float", pa.float64(): "double", pa.int32(): "int"}[kind]
