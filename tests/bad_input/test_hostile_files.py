"""Files that run code where they are unpickled or imported: in every place that a command reads from, none does."""

import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import datasets
import numpy as np
import pytest
from PIL import Image

import vitxplain
from tests.bad_input.conftest import Vitx, noise
from vitxplain.errors import VitxplainError


class Hostile:
    """Writes a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = str(mark)

    def __reduce__(self) -> tuple:
        return open, (self.mark, "w")


@pytest.fixture
def mark(place: Path) -> Path:
    """The file that hostile ones write if they are given a chance."""
    return place / "ran"


def npy(path: Path, mark: Path) -> Path:
    """Arrays of objects, which NumPy stores as a pickle."""
    objects = np.empty((32, 32), dtype=object)
    objects[:] = Hostile(mark)
    np.save(path, objects, allow_pickle=True)
    return path


def npz(path: Path, mark: Path, name: str = "values") -> Path:
    """The same in an archive, by its own name and by that of its member."""
    single = npy(path.with_suffix(".npy"), mark)
    with ZipFile(path, "w") as archive:
        archive.write(single, f"{name}.npy")
        archive.writestr("arr_0.pkl", pickle.dumps(Hostile(mark)))
    single.unlink()
    return path


def test_they_do_run_where_they_are_let(mark: Path) -> None:
    pickle.loads(pickle.dumps(Hostile(mark))).close()
    assert mark.exists()


@pytest.mark.parametrize("make", [npy, npz])
def test_an_array_as_image(vitx: Vitx, place: Path, mark: Path, vit_folder: Path, make: Callable[..., Path]) -> None:
    file = make(place / f"field.{make.__name__}", mark)
    said = vitx("explain", file, "--model", vit_folder, "--method", "rollout")
    assert said.code == 1, said
    assert "Traceback" not in said.err
    assert not mark.exists()


def test_an_explanation(vitx: Vitx, place: Path, mark: Path, vit_folder: Path) -> None:
    assert vitx("explain", "good.png", "--model", vit_folder, "--method", "rollout", "--format", "npz,json").code == 0
    stored = next(Path("vitx-out").glob("*.npz"))
    npz(stored, mark)
    with pytest.raises(VitxplainError):
        vitxplain.load(stored)
    assert not mark.exists()


@pytest.mark.parametrize("make", [npy, npz])
def test_maps_of_another_tool(vitx: Vitx, place: Path, mark: Path, make: Callable[..., Path]) -> None:
    for kind in ("a", "b"):
        (place / "data" / kind).mkdir(parents=True)
        shutil.copy("good.png", f"data/{kind}/x.png")
        (place / "maps" / "tool" / kind).mkdir(parents=True)
        make(place / "maps" / "tool" / kind / f"x.{make.__name__}", mark)
    said = vitx(
        "evaluate", "--maps", "maps", "--data", "data", "--split", "train", "--metrics", "entropy", "--out", "out"
    )
    assert said.code in (1, 2), said
    assert "Traceback" not in said.err
    assert not mark.exists()


def test_a_folder_of_parquet_with_a_script_and_pickles(vitx: Vitx, place: Path, mark: Path) -> None:
    """What `datasets` once ran: a module named like its folder; and rows that name files instead of holding images."""
    folder = place / "pets"
    folder.mkdir()
    images = datasets.Features({"image": datasets.Image(decode=False), "label": datasets.ClassLabel(names=["a", "b"])})
    encoded = Path("good.png").read_bytes()
    rows = [{"image": {"bytes": encoded, "path": None}, "label": index % 2} for index in range(4)]
    rows.append({"image": {"bytes": None, "path": "/dev/zero"}, "label": 0})
    datasets.Dataset.from_list(rows, features=images).to_parquet(str(folder / "train.parquet"))
    script = f"open({str(mark)!r}, 'w')\n"
    for name in ("pets.py", "dataset.py", "conftest.py", "sitecustomize.py"):
        (folder / name).write_text(script)
    (folder / "state.pkl").write_bytes(pickle.dumps(Hostile(mark)))
    (folder / "README.md").write_text("---\nconfigs:\n- config_name: default\n  data_files: train.parquet\n---\n")
    said = vitx("data", "show", folder, "--split", "train", "--out", "sheet")
    assert said.code in (0, 1, 2), said
    assert "Traceback" not in said.err
    assert not mark.exists()


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "model.ckpt"])
def test_weights(vitx: Vitx, place: Path, mark: Path, vit_folder: Path, name: str) -> None:
    shutil.copytree(vit_folder, place / "model")
    (place / "model" / "model.safetensors").unlink()
    (place / "model" / name).write_bytes(pickle.dumps(Hostile(mark)))
    for model in ("model", f"model/{name}"):
        said = vitx("explain", "good.png", "--model", model)
        assert said.code == 2, said
        assert "Traceback" not in said.err
    assert not mark.exists()


def test_images_that_are_programs_or_pickles(vitx: Vitx, place: Path, mark: Path, vit_folder: Path) -> None:
    Path("a.png").write_bytes(pickle.dumps(Hostile(mark)))
    Path("b.png").write_bytes(
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(" + str(mark).encode() + b") (w) file\n"
    )
    Image.fromarray(noise()).save("c.png")
    said = vitx("explain", "a.png", "b.png", "c.png", "--model", vit_folder, "--method", "rollout", "--format", "npz")
    assert said.code == 1
    assert said.err.count("error: ") == 2
    assert not mark.exists()
