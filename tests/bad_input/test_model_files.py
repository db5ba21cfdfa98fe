"""Files of models that are no files, of another kind than they should be, or ask for more than there can be."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from tests.bad_input.conftest import Variant, Vitx, refused

MANIFEST: dict[str, Any] = {
    "backend": "transformers",
    "num_classes": 10,
    "input_size": [60, 60],
    "mean": [0.5] * 3,
    "std": [0.5] * 3,
    "config": {"model_type": "vit"},
}


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("make", [_folder, _loop, _pipe])
@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "preprocessor_config.json"])
def test_what_is_no_file_is_named_and_not_waited_for(
    vitx: Vitx, place: Path, variant: Variant, make: Callable[[Path], None], name: str
):
    folder = variant()
    make(folder / name)
    refused(vitx("methods", "--model", folder), str(folder), code=2)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (5, "it holds 5 in place of an object"),
        (None, "it holds nothing in place of an object"),
        ("[" * 10**5, "it is nested too deeply"),
        (b"\xff", "no text in UTF-8"),
        ({"num_classes": "abc"}, "its num_classes is 'abc', and should be a number"),
        ({"num_classes": 10**9}, "its num_classes is 1000000000"),
        ({"input_size": 60}, "its input_size is 60, and should be (height, width)"),
        ({"input_size": [60, 10**8]}, "its input_size is"),
        ({"mean": "grey"}, "its mean is 'grey', and should be a number for each channel"),
        ({"std": [0.5]}, "its std is [0.5]"),
        ({"mean": [1e999] * 3}, "its mean is [inf, inf, inf]"),
        ({"labels": [1]}, "its labels is [1], and should be the names of its classes"),
        ({"backend": ["timm"]}, "its backend is ['timm']"),
        ({"config": [1]}, "its config is [1], and should be a configuration with its model_type"),
        ({"config": {"model_type": "nobody"}}, "'nobody'"),
        ({"config": {"model_type": "vit", "hidden_size": "wide"}}, "vitxplain.json"),
        ({"config": {"model_type": "vit", "num_hidden_layers": 10**9}}, "asks for 1e+09 in num_hidden_layers"),
        ({"config": {"model_type": "vit", "num_hidden_layers": 10**5}}, "many times larger than its weights"),
    ],
)
def test_a_description_of_another_kind(vitx: Vitx, place: Path, content: Any, words: str):
    folder = place / "m"
    folder.mkdir()
    save_file({"a": torch.zeros(1)}, folder / "model.safetensors")
    content = {**MANIFEST, **content} if isinstance(content, dict) else content
    text = content if isinstance(content, str | bytes) else json.dumps(content)
    (folder / "vitxplain.json").write_bytes(text.encode() if isinstance(text, str) else text)
    refused(vitx("methods", "--model", folder), str(folder), words, code=2)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"num_hidden_layers": 10**9}, "asks for 1e+09 in num_hidden_layers"),
        ({"num_hidden_layers": 10**5}, "many times larger than its weights"),
        ({"image_size": 50_000}, "many times larger than its weights"),
        ({"hidden_size": 2**20, "intermediate_size": 2**20}, "could not be loaded|many times larger|more than any"),
    ],
)
def test_a_network_far_beyond_its_weights_is_not_built(
    vitx: Vitx, place: Path, variant: Variant, change: dict[str, int], words: str
):
    start = time.process_time()
    said = vitx("methods", "--model", variant(config=change))
    refused(said, code=2)
    assert any(word in said.err for word in words.split("|")), said.err
    assert time.process_time() - start < 20


def test_a_processor_of_more_pixels_than_any_network_takes(vitx: Vitx, place: Path, variant: Variant):
    folder = variant(preprocessor_config={"size": {"height": 10**6, "width": 10**6}})
    refused(vitx("methods", "--model", folder), "makes images of 1e+06 pixels (size.height)", code=2)
