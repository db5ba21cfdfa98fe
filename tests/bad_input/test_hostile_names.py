"""A hostile name through every command: of files, folders, classes and models; whatever comes out, it is text."""

import csv
import io
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from PIL import Image

from tests.bad_input.conftest import Variant, Vitx, noise
from tests.cli.conftest import Said

FOLDER = "<img src=x onerror=alert(1)>\x1b[2J"
CLASSES = ["=HYPERLINK(1)[x](javascript:1)\x1b]0;t\x07", "<script>alert(1)<∕script>\u202egnp"]  # of folders
LABELS = ["../../up\x1b[2J", "a/b\\c<script>", CLASSES[0]]  # of the model, three as it has outputs
FILE = "+cmd|' <b>\r\n![](http:∕∕t)\x1b[31m.png"
WRITTEN = (".png", ".npz", ".onnx", ".safetensors", ".bin", ".pt", ".pdf", ".svg")  # looked at for their names alone


@pytest.fixture
def data(place: Path) -> Path:
    """Labelled images whose folder, classes and files have hostile names."""
    for split in ("train", "validation", "test"):
        for number, name in enumerate(CLASSES):
            folder = place / FOLDER / split / name
            folder.mkdir(parents=True)
            for index in range(3):
                Image.fromarray(noise(seed=10 * number + index)).save(folder / f"{index}{FILE}")
    return place / FOLDER


@pytest.fixture
def model(variant: Variant, place: Path) -> Path:
    names = dict(enumerate(LABELS))
    folder = variant(config={"id2label": names, "label2id": {name: index for index, name in names.items()}})
    return folder.rename(place / f"{FOLDER}.model")


def check(said: Said, place: Path, codes: tuple[int, ...] = (0,)) -> None:
    """What was said and every file that was written are harmless, and nothing was written elsewhere."""
    assert said.code in codes, said
    for stream in (said.out, said.err):
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029\u202a-\u202e]", stream), stream
    if said.out.startswith("{"):
        assert all(isinstance(json.loads(line), dict) for line in said.out.splitlines())
    assert {path.name for path in place.parent.iterdir()} == {"place"}
    for path in _files(place):
        _check_file(path)


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and not path.is_relative_to(folder / FOLDER):
            yield path


def _check_file(path: Path) -> None:
    if path.suffix in WRITTEN or FOLDER in str(path):
        return
    text = path.read_text("utf-8")
    if path.suffix in (".json", ".jsonl"):
        for line in text.splitlines() if path.suffix == ".jsonl" else [text]:
            json.loads(line)
        return
    if path.suffix in (".yaml", ".yml"):
        yaml.safe_load(text)
        return
    if path.suffix == ".csv":  # as data has it, but for formulas
        for row in csv.reader(io.StringIO(text, newline="")):
            assert not [cell for cell in row if cell.startswith(("=", "+cmd", "@"))], (path, row)
        return
    assert "\x1b" not in text, path
    assert "\u202e" not in text, path
    if path.suffix in (".md", ".html"):
        tags: list[tuple[str, dict[str, str | None]]] = []
        parser = HTMLParser()
        parser.handle_starttag = lambda tag, attributes: tags.append((tag, dict(attributes)))  # type: ignore[method-assign]
        parser.feed(text)
        assert not [one for one in tags if _runs(*one)], path
        assert not re.search(r"(?<!\\)\]\(javascript|(?<!\\)!\[\]\(http", text), path


def _runs(tag: str, attributes: dict[str, str | None]) -> bool:
    """Whether a browser would run or open what a name says; a name that is the value of an attribute is text."""
    opened = [attributes.get(name) or "" for name in ("href", "src")]
    return (
        tag == "script"
        or any(name.startswith("on") for name in attributes)
        or any(one == "x" or one.strip().lower().startswith("javascript:") for one in opened)
    )


@pytest.mark.slow
def test_of_one_image(vitx: Vitx, place: Path, data: Path, model: Path) -> None:
    image = next((data / "test" / CLASSES[0]).iterdir())
    own = ("--model", model)
    targets = ("--target", LABELS[0], "--target", LABELS[1])
    formats = ("--format", "png,npz,json")
    check(
        vitx("explain", image, *own, *targets, "--method", "rollout,grad-cam", "--out", f"out{FOLDER}", *formats), place
    )
    check(vitx("explain", image, *own, *targets, "--method", "grad-cam", "--json"), place)
    check(vitx("explain", image, *own, "--target", f"no{LABELS[0]}", "--method", "grad-cam"), place, (1, 2))
    check(vitx("explain", f"no{image}", *own), place, (1, 2))
    check(vitx("methods", *own), place)
    check(vitx("methods", *own, "--json"), place)
    check(vitx("patches", image, *own, "--out", "patches"), place)
    check(vitx("methods", "--model", f"no{FOLDER}"), place, (2,))
    check(vitx("explain", image, "--method", FOLDER), place, (2,))
    check(vitx("metrics", FOLDER), place, (2,))
    check(vitx("explain", image, *own, "-o", f"{FOLDER}=1"), place, (2,))


def test_of_data(vitx: Vitx, place: Path, data: Path) -> None:
    check(vitx("data", "show", data, "--out", "sheet"), place)
    check(vitx("data", "show", data, "--json", "--out", "sheet"), place)
    check(vitx("data", "split", data / "train", "--out", "shared"), place)
    check(vitx("data", "tile", data / "train", "--out", "tiles", "--size", "16"), place, (0, 1, 2))
    check(vitx("data", "show", f"{data}no", "--out", "sheet"), place, (2,))
    check(vitx("data", "show", data, "-o", f"data.{FOLDER}=1"), place, (2,))


@pytest.mark.slow
def test_of_whole_programs(vitx: Vitx, place: Path, data: Path, model: Path, small_demo: None) -> None:
    own, small = ("--model", model), ("--device", "cpu", "-o", "epochs=1", "-o", "batch_size=2", "--limit", "4")
    metrics = ("--methods", "rollout,grad-cam", "--metrics", "entropy,deletion,insertion", "--limit", "3")
    check(vitx("evaluate", *own, "--data", data, *metrics, "--out", f"scores{FOLDER}"), place)
    check(vitx("evaluate", *own, "--data", data, *metrics, "--out", "scores", "--json"), place)
    check(vitx("export", *own, "--method", "rollout", "--out", f"x{FOLDER}.onnx"), place, (0, 1, 2))
    check(vitx("train", *own, "--data", data, *small, "--out", f"run{FOLDER}"), place)
    run = place / f"run{FOLDER}"
    check(vitx("test", "--model", run, "--data", data, "--out", "test", "--worst", "2"), place)
    check(vitx("test", "--model", run, "--data", data, "--out", "test", "--worst", "2", "--json"), place)
    check(vitx("explain", next((data / "test" / CLASSES[0]).iterdir()), "--model", run), place)
    check(vitx("train", "--model", run, "--data", data, *small, "--out", f"run{FOLDER}"), place, (0, 1, 2))
    search = ("--trials", "1", "--search", "learning_rate=1e-4:1e-3")
    check(vitx("tune", *own, "--data", data, *small, *search, "--out", f"tune{FOLDER}"), place)
    check(vitx("demo", "--out", f"demo{FOLDER}"), place)
