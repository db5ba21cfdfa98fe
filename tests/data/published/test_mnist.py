from pathlib import Path

import numpy as np
import pytest

from tests.data.stored import class_folders, save_idx
from vitxplain.data.load import load_data
from vitxplain.errors import DataError, OptionError

RNG = np.random.RandomState(0)
IMAGES = RNG.randint(0, 256, (50, 28, 28), dtype=np.uint8)
LABELS = np.repeat(np.arange(10, dtype=np.uint8), 5)


@pytest.fixture(params=["{}-{}-idx{}-ubyte", "{}-{}.idx{}-ubyte", "MNIST/raw/{}-{}-idx{}-ubyte.gz"])
def mnist(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    for word, count in (("train", 50), ("t10k", 20)):
        save_idx(tmp_path / request.param.format(word, "images", 3), IMAGES[:count])
        save_idx(tmp_path / request.param.format(word, "labels", 1), LABELS[:count])
    return tmp_path


def test_idx_files_are_read(mnist: Path):
    data = load_data(f"mnist:{mnist}", "test")
    assert (len(data), data.labels, data.name) == (20, tuple("0123456789"), "mnist")
    np.testing.assert_array_equal(np.asarray(data[7].image)[..., 1], IMAGES[7])
    assert data[7].label == 1
    np.testing.assert_array_equal(data[7].mask, IMAGES[7] > 127)
    assert data.has_masks


def test_validation_is_a_share_of_train(mnist: Path):
    train, validation = (load_data("mnist", split, options={"folder": str(mnist)}) for split in ("train", "validation"))
    assert (len(train), len(validation)) == (45, 5)
    assert "10 % of train are held out" in train.notes[0]
    pixels = {np.asarray(sample.image).tobytes() for data in (train, validation) for sample in data}
    assert len(pixels) == 50


def test_the_brightness_of_ink_is_an_option(mnist: Path):
    np.testing.assert_array_equal(load_data(f"mnist:{mnist}", options={"threshold": "200"})[0].mask, IMAGES[0] > 200)
    with pytest.raises(OptionError, match="a grey value from 0 to 254"):
        load_data(f"mnist:{mnist}", options={"threshold": "255"})


def test_a_folder_of_idx_files_needs_no_name(tmp_path: Path):
    save_idx(tmp_path / "t10k-images-idx3-ubyte", IMAGES)
    save_idx(tmp_path / "t10k-labels-idx1-ubyte", LABELS)
    assert len(load_data(tmp_path, "test", limit=8)) == 8
    with pytest.raises(DataError, match="mnist has no train split, only test"):
        load_data(tmp_path, "train")


def test_files_that_cannot_be_used(tmp_path: Path):
    images, labels = tmp_path / "t10k-images-idx3-ubyte", tmp_path / "t10k-labels-idx1-ubyte"
    with pytest.raises(DataError, match="has no MNIST files; train-images-idx3-ubyte and its like are expected"):
        load_data(f"mnist:{tmp_path}")
    save_idx(images, IMAGES)
    with pytest.raises(DataError, match="has no file t10k-labels-idx1-ubyte beside t10k-images-idx3-ubyte"):
        load_data(f"mnist:{tmp_path}")
    save_idx(labels, LABELS[:49])
    with pytest.raises(DataError, match="mnist has 50 images but 49 labels"):
        load_data(f"mnist:{tmp_path}")
    save_idx(labels, np.where(LABELS == 3, 77, LABELS).astype(np.uint8))
    with pytest.raises(
        DataError, match=r"the label 77 of image 15 of mnist is out of range; .* 0 to 9 \(5 such labels\)"
    ):
        load_data(f"mnist:{tmp_path}")
    labels.write_bytes(labels.read_bytes()[:20])
    with pytest.raises(DataError, match="its header promises 50 bytes, and it has fewer; download it again"):
        load_data(f"mnist:{tmp_path}")
    labels.write_bytes(b"<html>not found</html>")
    with pytest.raises(DataError, match="is not an IDX file of bytes"):
        load_data(f"mnist:{tmp_path}")
    labels.rename(tmp_path / "t10k-labels-idx1-ubyte.gz")
    with pytest.raises(DataError, match=r"is not an IDX file of bytes: Not a gzipped file"):
        load_data(f"mnist:{tmp_path}")


def test_image_files_are_read(tmp_path: Path):
    class_folders(tmp_path, {"train/3": 3, "train/10": 3, "test/3": 1, "test/10": 2})
    data = load_data(f"mnist:{tmp_path}")
    assert (len(data), data.labels) == (3, ("3", "10"))


def test_a_folder_that_is_not_there():
    with pytest.raises(DataError, match="the folder no/such does not exist"):
        load_data("mnist:no/such")
    with pytest.raises(DataError, match="the folder no/such does not exist"):
        load_data("cifar10:no/such")
