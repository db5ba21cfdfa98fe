import pickle
from pathlib import Path

import numpy as np
import pytest

from tests.data.stored import class_folders
from vitxplain.data.load import load_data
from vitxplain.errors import DataError

RNG = np.random.RandomState(0)
IMAGES = RNG.randint(0, 256, (40, 32, 32, 3), dtype=np.uint8)


def _save(file: Path, images: np.ndarray, labels: np.ndarray) -> None:
    """A label, then the red, green and blue planes, row by row."""
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(
        b"".join(
            bytes([label]) + b"".join(image[..., channel].tobytes() for channel in range(3))
            for image, label in zip(images, labels, strict=True)
        )
    )


@pytest.fixture(params=["", "cifar-10-batches-bin"])
def cifar(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = tmp_path / request.param
    _save(folder / "data_batch_1.bin", IMAGES[:20], np.arange(20) % 10)
    _save(folder / "data_batch_2.bin", IMAGES[20:], np.arange(20) % 10)
    _save(folder / "test_batch.bin", IMAGES[:10], np.arange(10))
    return tmp_path


def test_binary_files_are_read(cifar: Path):
    data = load_data(f"cifar10:{cifar}", "test")
    assert (len(data), data.labels[8], data.has_masks) == (10, "ship", False)
    np.testing.assert_array_equal(np.asarray(data[4].image), IMAGES[4])
    assert data[4].label == 4
    assert len(load_data(f"cifar10:{cifar}", "train", options={"ratio": "3,1,0"})) == 30


def test_image_files_are_read(tmp_path: Path):
    class_folders(tmp_path, {"train/cat": 3, "train/dog": 3, "test/cat": 1, "test/dog": 2})
    assert len(load_data(f"cifar10:{tmp_path}", "test")) == 3


def test_pickles_are_never_opened(tmp_path: Path):
    (tmp_path / "data_batch_1").write_bytes(pickle.dumps(_Trap()))
    for source in (str(tmp_path), f"cifar10:{tmp_path}"):
        with pytest.raises(DataError, match=r"Python pickles, which can run any code.*cifar-10-binary.tar.gz"):
            load_data(source)


def test_files_that_cannot_be_used(tmp_path: Path):
    _save(tmp_path / "test_batch.bin", IMAGES[:2], np.array([1, 10]))
    with pytest.raises(DataError, match="the label 10 of image 1 of cifar10 is out of range; its classes are 0 to 9"):
        load_data(tmp_path)
    (tmp_path / "test_batch.bin").write_bytes(b"short")
    with pytest.raises(DataError, match="is not a whole CIFAR-10 file"):
        load_data(tmp_path)


class _Trap:
    def __reduce__(self):
        return pytest.fail, ("a pickle was opened",)
