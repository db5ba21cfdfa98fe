"""Record: one record of a run as it lies on the disk; nothing but its header is read before it is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from vitxplain.errors import DataError, UsageError
from vitxplain.files.documents import parse_json
from vitxplain.files.pictures import open_picture
from vitxplain.files.reading import reading
from vitxplain.inspect.facts import KEY, checked_facts
from vitxplain.inspect.quantiser import dequantised
from vitxplain.inspect.tensor_file import TensorSpan, read_header, read_tensor


@dataclass(frozen=True, eq=False)
class Record:
    """What was recorded of one picture at one step."""

    path: Path
    facts: Mapping[str, Any] = field(repr=False)
    tensors: Mapping[str, TensorSpan] = field(repr=False)

    @property
    def name(self) -> str:
        return self.facts["name"]

    @property
    def step(self) -> int:
        return self.facts["step"]

    @property
    def layers(self) -> list[dict[str, Any]]:
        """What each layer is."""
        return self.facts["layers"]

    def tensor(self, name: str) -> np.ndarray:
        """One tensor as it is stored; only its bytes are read.

        Raises:
            UsageError: there is none of that name.
            DataError: the file is another one by now.
        """
        if name not in self.tensors:
            raise UsageError(f"{self.path.name} has no tensor {name!r:.80}; it has {', '.join(self.tensors)}.")
        with reading(self.path, "a record of attention", "record it again"):
            return read_tensor(self.path, self.tensors[name])

    def attention(self, layer: int) -> np.ndarray:
        """One layer's weights, float32 (head, query, key), as far as they were kept; windows one after another.

        Args:
            layer: its place among `layers`; negative ones count from the end.

        Raises:
            UsageError: there is no such layer, or only rows of it were recorded (`queries="class"`).
        """
        fields = self._layer(layer)
        end = f"{fields['number']:02d}"
        if fields["rows"] != "all":
            raise UsageError(f"of {fields['title']} only the row of the {fields['row_of']} was recorded: see rows().")
        weights = self.tensor(f"attention.{end}")
        if fields["precision"] == "float16":
            return weights.astype(np.float32)
        return dequantised(weights, self.tensor(f"peaks.{end}"))

    def rows(self, layer: int) -> np.ndarray:
        """What the class token attends to in one layer, or the mean of all patches ("row_of"): float32 (head, key)."""
        end = f"{self._layer(layer)['number']:02d}"
        return dequantised(self.tensor(f"rows.{end}"), self.tensor(f"row_peaks.{end}"))

    def picture(self) -> Image.Image:
        """The picture that was recorded.

        Raises:
            DataError: it is none.
        """
        content = self.tensor("image").tobytes()
        with reading(self.path, "a record with a picture", "record it again"), open_picture(BytesIO(content)) as opened:
            return opened.convert("RGB")

    def _layer(self, layer: int) -> dict[str, Any]:
        if not -len(self.layers) <= layer < len(self.layers):
            raise UsageError(f"there is no layer {layer}; {self.name} has {len(self.layers)}, the first is 0.")
        return self.layers[layer]


def read_record(path: Path) -> Record:
    """The record in a file.

    Raises:
        DataError: it is none, cut short, or says what cannot be.
    """
    with reading(path, "a record of attention", "it is left out", DataError):
        header = read_header(path)
        if KEY not in header.metadata:
            raise ValueError("it is a file of other tensors")
        return Record(path, checked_facts(parse_json(header.metadata[KEY]), header.tensors), header.tensors)
