"""Shards of a checkpoint lie in its folder."""

import json
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from tests.bad_input.conftest import Variant, variant  # noqa: F401 - fixtures
from tests.cli.conftest import vit_folder  # noqa: F401 - fixtures
from vitxplain import load_model
from vitxplain.errors import ModelLoadError
from vitxplain.models.trust.weight_map import check_weight_maps

INDEX = "model.safetensors.index.json"


def _sharded(folder: Path, name: str) -> Path:
    """The folder with its weights in two files, of which the second is called `name`."""
    whole = folder / "model.safetensors"
    tensors = load_file(whole)
    whole.unlink()
    keys = sorted(tensors)
    for shard, part in {"a.safetensors": keys[::2], name: keys[1::2]}.items():
        (folder / shard).parent.mkdir(parents=True, exist_ok=True)
        save_file({key: tensors[key] for key in part}, folder / shard, metadata={"format": "pt"})
    weight_map = {key: ("a.safetensors", name)[position % 2] for position, key in enumerate(keys)}
    (folder / INDEX).write_text(json.dumps({"metadata": {"total_size": 0}, "weight_map": weight_map}))
    return folder


@pytest.mark.parametrize("name", ["b.safetensors", "more/b.safetensors"])
def test_shards_in_the_folder_open(variant: Variant, name: str):  # noqa: F811
    assert load_model(_sharded(variant(), name)).labels[0] == "circle"


@pytest.mark.parametrize("name", ["../b.safetensors", "more/../../b.safetensors", "/absolute/b.safetensors"])
def test_shards_elsewhere_are_refused(variant: Variant, tmp_path: Path, name: str):  # noqa: F811
    name = str(tmp_path / "b.safetensors") if name.startswith("/") else name
    folder = variant()
    (folder / "more").mkdir()
    with pytest.raises(ModelLoadError, match=r"index.json names .*, which lies outside"):
        load_model(_sharded(folder, name))


@pytest.mark.parametrize("name", ["..\\b", "C:\\b", "C:b", "\\\\server\\b", "a\0b", ""])
def test_names_of_other_systems(tmp_path: Path, name: str):
    (tmp_path / INDEX).write_text(json.dumps({"weight_map": {"x": name}}))
    with pytest.raises(ModelLoadError, match="lies outside"):
        check_weight_maps(tmp_path)


def test_a_link_out_is_refused_but_in_the_cache_of_the_hub(tmp_path: Path):
    blob, folder = tmp_path / "blobs" / "1", tmp_path / "snapshots" / "abc"
    for path in (blob.parent, folder):
        path.mkdir(parents=True)
    blob.touch()
    (folder / "b.safetensors").symlink_to(blob)
    (folder / INDEX).write_text(json.dumps({"weight_map": {"x": "b.safetensors"}}))
    check_weight_maps(folder)
    folder = folder.rename(tmp_path / "copied")
    with pytest.raises(ModelLoadError, match="lies outside"):
        check_weight_maps(folder)


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"weight_map": 3}', "[" * 100_000])
def test_an_index_that_is_none(tmp_path: Path, content: str):
    (tmp_path / INDEX).write_text(content)
    with pytest.raises(ModelLoadError, match="is not an index of weights"):
        check_weight_maps(tmp_path)
