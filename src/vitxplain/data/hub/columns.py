"""Which columns of a data set of `datasets` hold the image, the label and the mask; and rows as samples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from typing import Any, Final

import numpy as np
from PIL import Image

from vitxplain.data.read_image import read_image
from vitxplain.data.sample import Mask, Sample
from vitxplain.errors import DataError, ImageError, OptionError
from vitxplain.files.pictures import open_picture
from vitxplain.files.reading import reason

IMAGES: Final = ("image", "img", "pixel_values", "picture", "photo")
LABELS: Final = ("label", "labels", "class", "fine_label", "category", "target", "y")
MASKS: Final = ("mask", "segmentation_mask", "segmentation", "annotation")


@dataclass(frozen=True)
class Columns:
    """Columns by what they hold."""

    image: str
    label: str
    mask: str | None
    words: tuple[str, ...] | None  # class names, where the set names them


def find_columns(
    name: str, features: Mapping[str, Any], image: str | None, label: str | None, mask: str | None
) -> Columns:
    """By the types of the columns, then by their names; what the user says goes first.

    Raises:
        DataError: there is no column of images or labels, or several and none named as usual.
        OptionError: the column the user says is not there, or of another type.
    """
    from datasets import ClassLabel
    from datasets import Image as Images

    pictures = [column for column, feature in features.items() if isinstance(feature, Images)]
    named = [column for column, feature in features.items() if isinstance(feature, ClassLabel)]
    values = [column for column, feature in features.items() if _is_plain(feature)]
    masks = [column for column in pictures if column.casefold() in MASKS]
    overview = ", ".join(f"{column} ({type(feature).__name__})" for column, feature in features.items())
    candidates = [column for column in pictures if column not in masks and column != mask] or pictures
    image_column = _pick(name, "image", image, candidates, IMAGES, pictures, overview)
    usual = [column for column in values if column.casefold() in LABELS]
    label_column = _pick(name, "label", label, named or usual, LABELS, named + values, overview)
    if mask is not None and mask not in pictures:
        raise OptionError(f"{name} has no column of images {mask!r}; it has {overview}.")
    feature = features[label_column]
    words = tuple(feature.names) if isinstance(feature, ClassLabel) else None
    return Columns(
        image_column, label_column, mask or next((column for column in masks if column != image_column), None), words
    )


def _is_plain(feature: Any) -> bool:
    """Texts, whole numbers and truth values can be labels."""
    kind = getattr(feature, "dtype", "")
    return type(feature).__name__ == "Value" and kind.startswith(("int", "uint", "bool", "string", "large_string"))


def _pick(
    name: str,
    role: str,
    column: str | None,
    candidates: Sequence[str],
    usual: Sequence[str],
    possible: Sequence[str],
    overview: str,
) -> str:
    if column is not None:
        if column not in possible:
            raise OptionError(f"{name} has no column {column!r} for the {role}; it has {overview}.")
        return column
    if len(candidates) == 1:
        return candidates[0]
    if usual_column := next((column for word in usual for column in candidates if column.casefold() == word), None):
        return usual_column
    problem = f"several columns ({', '.join(candidates)}) that may be" if candidates else "no column that is"
    raise DataError(f"{name} has {problem} the {role}; say which with -o data.{role}=COLUMN. It has {overview}.")


@dataclass(frozen=True)
class RowReader:
    """Makes samples of rows whose images are not yet decoded."""

    name: str
    columns: Columns
    labels: tuple[str, ...] = field(repr=False)
    threshold: int | None = None

    @cached_property
    def _numbers(self) -> Mapping[str, int]:
        return {label: number for number, label in enumerate(self.labels)}

    @property
    def has_masks(self) -> bool:
        """Whether rows say where the object is."""
        return self.threshold is not None or self.columns.mask is not None

    def label(self, value: Any, where: str) -> int:
        """The class a cell says.

        Raises:
            DataError: none, or one that is none of the classes.
        """
        if self.columns.words is None and (number := self._numbers.get(str(value))) is not None:
            return number
        if self.columns.words is not None and value is not None and 0 <= int(value) < len(self.labels):
            return int(value)
        raise DataError(
            f"{where} of {self.name} has the label {value}, which is out of range: its classes are 0 to "
            f"{len(self.labels) - 1}. (-1 marks images without a label; take another split.)"
        )

    def sample(self, row: Mapping[str, Any], where: str) -> Sample:
        """Raises ImageError for a damaged image, DataError for a label out of range."""
        image = read_image(_opened(row[self.columns.image], where))
        label = self.label(row[self.columns.label], where)
        return Sample(image, label, where, self._mask(row, image, where))

    def _mask(self, row: Mapping[str, Any], image: Image.Image, where: str) -> Mask | None:
        if self.threshold is not None:
            return np.asarray(image.convert("L")) > self.threshold
        if self.columns.mask is None or row[self.columns.mask] is None:
            return None
        try:
            values = np.asarray(_opened(row[self.columns.mask], f"the mask of {where}"))
        except ImageError:
            raise
        except Exception as error:
            raise ImageError(f"the mask of {where} is damaged ({reason(error)}).") from error
        marked = values > 0 if values.ndim == 2 else (values[..., :3] > 0).any(-1)
        if marked.shape != (image.height, image.width):
            mask_size = " x ".join(map(str, marked.shape))
            raise DataError(f"the mask of {where} is {mask_size} px, its image {image.height} x {image.width} px.")
        return marked


def _opened(cell: Mapping[str, Any] | None, where: str) -> Image.Image:
    """The image of a cell: bytes, or a path."""
    if cell is None:
        raise ImageError(f"{where} has no image.")
    try:
        return open_picture(BytesIO(cell["bytes"]) if cell.get("bytes") else cell["path"])
    except Exception as error:  # on damaged files Pillow raises anything
        raise ImageError(f"{where} is damaged or no image ({reason(error)}).") from error
