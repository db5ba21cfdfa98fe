"""The callable for engines: what goes in as one kind comes out as that kind, with the maps of explain."""

import pickle
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from PIL import Image

from tests.saved_models import vit_folder  # noqa: F401 - a fixture
from vitxplain import explain
from vitxplain.errors import UsageError
from vitxplain.scale import ExplainBatches
from vitxplain.scale.shards import unpacked


@pytest.fixture
def batches(vit_folder: Path) -> ExplainBatches:  # noqa: F811
    return ExplainBatches(str(vit_folder), ["rollout", "grad-cam"], image="picture", batch_size=2)


@pytest.fixture(scope="module")
def pictures() -> list[bytes]:
    """Files of three images, the last one damaged."""
    generator = np.random.default_rng(0)
    files = []
    for side in (40, 56):
        file = BytesIO()
        Image.fromarray(generator.integers(0, 256, (side, 48, 3), dtype=np.uint8)).save(file, "png")
        files.append(file.getvalue())
    return [*files, b"no picture"]


def check(columns: dict[str, Any], pictures: list[bytes], model: Path) -> None:
    """Two rows an image, each with its id, and the maps of `explain`."""
    assert list(columns["id"]) == [0, 0, 1, 1, 2, 2]
    assert list(columns["method"]) == ["attention-rollout", "grad-cam"] * 3
    assert "picture" not in columns
    for row in range(4):
        with Image.open(BytesIO(pictures[row // 2])) as image:
            expected = explain(str(model), image, columns["method"][row])
        values = unpacked(columns["map"][row], columns["shape"][row], columns["peak"][row])
        np.testing.assert_allclose(values, expected.values, rtol=0, atol=1e-3 * float(np.abs(expected.values).max()))
        assert columns["prediction"][row] == expected.prediction.names[0]
        assert pd.isna(columns["error"][row])  # None, but in frames
    assert all("a value of 10 bytes is not an image" in columns["error"][row] for row in (4, 5))


KINDS: dict[str, tuple[Callable[[dict[str, Any]], Any], Callable[[Any], dict[str, Any]]]] = {
    "dict": (dict, dict),
    "frame": (pd.DataFrame, lambda frame: {name: frame[name].tolist() for name in frame.columns}),
    "arrow": (pa.RecordBatch.from_pydict, lambda batch: batch.to_pydict()),
    "iterator": (lambda columns: iter([pd.DataFrame(columns)]), lambda made: next(made).to_dict("list")),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_gives_its_kind(batches: ExplainBatches, pictures: list[bytes], vit_folder: Path, kind: str):  # noqa: F811
    into, out_of = KINDS[kind]
    batch = into({"id": [0, 1, 2], "picture": pictures})
    made = batches(batch)
    assert kind == "iterator" or type(made) is type(batch)
    check(out_of(made), pictures, vit_folder)


def test_arrays_of_objects_as_ray_gives_them(batches: ExplainBatches, pictures: list[bytes], vit_folder: Path):  # noqa: F811
    made = batches({"id": np.arange(3), "picture": np.asarray(pictures, object)})
    assert all(isinstance(column, np.ndarray) for column in made.values())
    check(made, pictures, vit_folder)


def test_in_datasets_and_pickled_without_its_model(batches: ExplainBatches, pictures: list[bytes], vit_folder: Path):  # noqa: F811
    import datasets

    batches({"picture": pictures[:1]})
    sent = pickle.loads(pickle.dumps(batches))
    assert len(pickle.dumps(sent)) < 2000
    columns = {"id": [0, 1, 2], "picture": [{"bytes": content, "path": None} for content in pictures]}
    made = datasets.Dataset.from_dict(columns).map(sent, batched=True, remove_columns=["picture"])
    check({name: made[name] for name in made.column_names}, pictures, vit_folder)


@pytest.mark.parametrize("kind", ["list", "numpy"])
def test_columns_have_their_types_whatever_the_first_batch_holds(pictures: list[bytes], kind: str):
    """The first batch has no map, the second no error."""
    import datasets

    explained = ExplainBatches("demo-vit", "rollout", image="picture")
    photos = datasets.Dataset.from_dict({"id": [0, 1], "picture": [pictures[2], pictures[0]]})
    stated = datasets.Features({"id": datasets.Value("int64"), **explained.features})
    made = photos.with_format(None if kind == "list" else kind).map(
        explained,
        batched=True,
        batch_size=1,
        remove_columns=["picture"],
        features=None if kind == "list" else stated,
        load_from_cache_file=False,
    )
    assert made.features == stated
    rows = made.with_format(None)
    assert rows["map"][0] is None
    assert len(rows["map"][1]) == 100
    assert "not an image" in rows["error"][0]
    assert rows["error"][1] is None


def test_what_is_wrong_is_said(batches: ExplainBatches, vit_folder: Path):  # noqa: F811
    with pytest.raises(UsageError, match="no column 'picture'; it has 'image': say image=NAME"):
        batches({"image": []})
    with pytest.raises(UsageError, match="takes a dict of columns"):
        batches(3)
