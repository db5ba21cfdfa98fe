"""gtsegs_ijcv.mat: a file written as MATLAB 7.3 writes it."""

import sys
from pathlib import Path

import numpy as np
import pytest

from vitxplain.data.load import load_data
from vitxplain.errors import DataError, ImageError

h5py = pytest.importorskip("h5py")

SIZES = [(12, 20), (16, 9), (10, 10)]  # height, width


def written(folder: Path, *, names: bool = True) -> tuple[Path, list[np.ndarray], list[np.ndarray]]:
    """The file with its images and masks: axes in reverse, cells of references, the mask in a cell within."""
    chance, file = np.random.default_rng(0), folder / "gtsegs_ijcv.mat"
    images = [chance.integers(0, 256, (*size, 3), np.uint8) for size in SIZES]
    masks = [(chance.random(size) < 0.4).astype(np.uint8) for size in SIZES]
    reference = h5py.special_dtype(ref=h5py.Reference)
    with h5py.File(file, "w") as stored:
        cells = {
            name: stored.create_dataset(f"value/{name}", (len(SIZES), 1), reference) for name in ("img", "gt", "id")
        }
        for index, (image, mask) in enumerate(zip(images, masks, strict=True)):
            cells["img"][index, 0] = stored.create_dataset(f"#refs#/i{index}", data=image.T).ref
            inner = stored.create_dataset(f"#refs#/c{index}", (1, 1), reference)
            inner[0, 0] = stored.create_dataset(f"#refs#/m{index}", data=mask.T).ref
            cells["gt"][index, 0] = inner.ref
            codes = np.array([[ord(letter)] for letter in f"n0{index}"], np.uint16)
            cells["id"][index, 0] = stored.create_dataset(f"#refs#/n{index}", data=codes).ref
        if not names:
            del stored["value/id"]
    return file, images, masks


def test_images_and_masks_are_as_they_were(tmp_path: Path):
    file, images, masks = written(tmp_path)
    data = load_data(file)
    assert (len(data), data.has_masks, data.split) == (3, True, "test")
    for index, sample in enumerate(data):
        assert sample.name == f"n0{index}"
        assert np.array_equal(np.asarray(sample.image), images[index])
        assert sample.mask is not None
        assert np.array_equal(sample.mask, masks[index] > 0)
    assert len(load_data(file, limit=2)) == 2


def test_without_names_images_are_numbered(tmp_path: Path):
    file, *_ = written(tmp_path, names=False)
    assert [sample.name for sample in load_data(str(file))] == ["00000", "00001", "00002"]


def test_what_is_no_such_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file, *_ = written(tmp_path)
    with pytest.raises(DataError, match="has no train split: all of it is test"):
        load_data(file, "train")
    (tmp_path / "old.mat").write_bytes(b"MATLAB 5.0 MAT-file")
    with pytest.raises(DataError, match=r"not a file of MATLAB 7\.3 \(HDF5\)"):
        load_data(tmp_path / "old.mat")
    with h5py.File(tmp_path / "other.mat", "w") as stored:
        stored["a"] = 1
    with pytest.raises(DataError, match="has no value/img and value/gt"):
        load_data(tmp_path / "other.mat")
    with h5py.File(file, "a") as stored:
        stored["value/gt"][1, 0] = stored["#refs#/m0"].ref
    with pytest.raises(ImageError, match="image 1 of"):
        load_data(file)[1]
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(DataError, match=r"pip install 'vitxplain\[matlab\]'"):
        load_data(file)
