"""Files of data sets that are broken, hostile or no files: one sentence that names the file, at once."""

import gzip
import os
import struct
from pathlib import Path

import pytest
from PIL import Image

from tests.bad_input.conftest import Vitx, noise, refused

OBJECT = "<object><name>{}</name><bndbox><xmin>{}</xmin><ymin>1</ymin><xmax>{}</xmax><ymax>9</ymax></bndbox></object>"


def _voc(text: str, name: str = "train.txt", names: bytes = b"a\n") -> dict[str, bytes]:
    return {
        "JPEGImages/a.png": b"",
        "Annotations/a.xml": (text if text.startswith("<!") else f"<a>{text}</a>").encode(),
        f"ImageSets/Main/{name}": names,
    }


def _table(labels: bytes, name: str = "labels.csv", **more: bytes) -> dict[str, bytes]:
    return {"a.png": b"", name: labels, **{f"{stem}.txt": content for stem, content in more.items()}}


def _coco(entry: bytes) -> dict[str, bytes]:
    lists = b'"images": [{"id": 1, "file_name": "a.png"}], "categories": [{"id": 1, "name": "cat"}]'
    return {"a.png": b"", "instances.json": b"{" + lists + b', "annotations": [' + entry + b"]}"}


FOLDERS: dict[str, tuple[dict[str, bytes], str, str]] = {
    "box to infinity": (_voc(OBJECT.format("cat", 1, "1e999")), "a.xml", "xmax of object 1 is 1e999"),
    "box of no number": (_voc(OBJECT.format("cat", "nan", 9)), "a.xml", "xmin of object 1 is nan"),
    "box of words": (_voc(OBJECT.format("cat", "left", 9)), "a.xml", "xmin of object 1 is left"),
    "box beside the image": (_voc(OBJECT.format("cat", 5000, 6000)), "a.png", "lies outside"),
    "entities of entities": (
        _voc(
            "<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'>"
            + "".join(f"<!ENTITY b{n} '{10 * (f'&b{n - 1};' if n else '&a;')}'>" for n in range(9))
            + "]><a>&b8;</a>"
        ),
        "a.xml",
        "not an annotation",
    ),
    "a list in another encoding": (_voc(OBJECT.format("cat", 1, 9), names=b"\xff\xfe\n"), "train.txt", "UTF-8"),
    "a label of 5,000 digits": (_table(b"image,label\na.png," + b"9" * 5000), "labels.csv", "5,000 letters"),
    "JSON too deep": (_table(b"[" * 100_000, "index.json"), "index.json", "nested too deeply"),
    "JSON of huge numbers": (_table(b"[" + b"9" * 5000 + b"]", "index.json"), "index.json", "not a table of images"),
    "a row without a label": (
        _table(b'[{"image": "a.png", "label": 1}, {"image": "a.png"}]', "index.json"),
        "index",
        "''",
    ),
    "a label that is a list": (
        _table(b'[{"image": "a.png", "label": [1]}]', "index.json"),
        "index.json",
        "label is [1]",
    ),
    "an image with a null": (_table(b"image,label\na\0b.png,1\n"), "labels.csv", "there is no file"),
    "classes in another encoding": (
        _table(b"image,label\na.png,0\n", classes=b"\xff\xfe\xfa\n"),
        "classes.txt",
        "UTF-8",
    ),
    "annotations cut short": (
        {"a.png": b"", "instances.json": b'{"images": [{"id": 1, "file_na'},
        "instances.json",
        "not a file of annotations as COCO has them",
    ),
    "annotations too deep": (
        {"a.png": b"", "instances.json": b'{"images": [' + b"[" * 100_000},
        "instances.json",
        "nested too deeply",
    ),
    "a box of an object to infinity": (
        _coco(b'{"image_id": 1, "category_id": 1, "bbox": [0, 0, 1e999, 1]}'),
        "instances.json, annotation 1",
        "write four numbers",
    ),
    "runs of too many pixels": (
        _coco(b'{"image_id": 1, "category_id": 1, "segmentation": {"size": [2147483648, 2147483648], "counts": [9]}}'),
        "instances.json, annotation 1",
        "its runs cover 9 pixels",
    ),
    "classes twice": (_table(b"image,label\na.png,0\n", classes=b"x\ny\nx\n"), "classes.txt", "names x twice"),
}


@pytest.mark.parametrize("case", FOLDERS)
def test_a_broken_file_of_a_folder_is_named(vitx: Vitx, place: Path, case: str):
    files, name, words = FOLDERS[case]
    for path, content in files.items():
        file = place / "d" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    Image.fromarray(noise(10, 12)).save(next((place / "d").rglob("a.png")))
    refused(vitx("data", "show", "d", "--split", "train"), name, words, code=2)


@pytest.mark.parametrize("name", ["t10k-labels-idx1-ubyte", "t10k-labels-idx1-ubyte.gz"])
@pytest.mark.parametrize(
    ("shape", "values", "words"),
    [
        ((3,), bytes(10**6), "promises 3 bytes, and it has more"),  # packed, a bomb is as long as this file
        ((2**31,), b"", "promises 2,147,483,648 bytes, more than"),
        ((2**20,), b"123", "promises 1,048,576 bytes, and it has fewer"),
    ],
)
def test_no_more_is_unpacked_than_the_header_promises(
    vitx: Vitx, place: Path, name: str, shape: tuple[int, ...], values: bytes, words: str
):
    folder = place / "d"
    folder.mkdir()
    content = b"\0\0\x08\x01" + struct.pack(">I", *shape) + values
    (folder / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    (folder / "t10k-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03" + struct.pack(">III", 1, 1, 1) + b"1")
    refused(vitx("data", "show", "mnist:d", "--split", "test"), name, words, code=2)


def test_pipes_are_not_waited_for(vitx: Vitx, place: Path, vit_folder: Path):
    for number in range(6):
        folder = place / "d" / "ab"[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(noise(8, 8, number)).save(folder / f"{number}.png")
    os.mkfifo(place / "d" / "a" / "x.png")
    said = vitx("data", "show", "d", "--split", "train")
    assert said.code == 0, said
    refused(
        vitx("patches", "d/a/x.png", "--model", vit_folder),
        "d/a/x.png is a pipe, a device or a socket, not an image",
        code=1,
    )
