"""Model folders with something missing or broken, and models that fail on an image."""

from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

import vitxplain
from tests.bad_input.conftest import Variant, Vitx, refused

PATCHES = "vit.embeddings.patch_embeddings.projection.weight"


def _set(name: str, value: float) -> Any:
    return lambda tensors: tensors[name].view(-1)[:1].fill_(value)


def _without_classifier(tensors: dict[str, torch.Tensor]) -> None:
    del tensors["classifier.weight"], tensors["classifier.bias"]


BROKEN: dict[str, tuple[dict[str, Any], list[str]]] = {
    "no weights": ({"model": None}, ["has a configuration but no weights; model.safetensors is missing beside it."]),
    "empty weights": ({"model": b""}, ["model.safetensors is empty (0 bytes); download it again."]),
    "git's pointer": (
        {"model": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"},
        ["model.safetensors is only git's pointer to the weights; fetch them with `git lfs pull`."],
    ),
    "weights that are none": ({"model": b"x" * 1000}, ["could not be loaded (SafetensorError", "files are complete"]),
    "NaN": ({"weights": _set("classifier.weight", torch.nan)}, ["classifier.weight holds NaN (1 of 48 values)."]),
    "infinity": ({"weights": _set(PATCHES, torch.inf)}, [PATCHES + " holds infinity (1 of 3072 values). Use another"]),
    "minus infinity": ({"weights": _set("classifier.bias", -torch.inf)}, ["classifier.bias holds infinity"]),
    "no classifier": (
        {"weights": _without_classifier},
        ["has no trained classifier: classifier.bias, classifier.weight", "Choose a checkpoint fine-tuned"],
    ),
    "other sizes": (
        {"config": {"hidden_size": 32}},
        ["do not fit its config.json: classifier.weight is (3, 16) in the weights, (3, 32) by the configuration."],
    ),
    "no configuration": ({"config": None}, ["holds no config.json (transformers) and no vitxplain.json"]),
    "half a configuration": ({"config": b'{"model_type": "vi'}, ["config.json' is not a valid JSON file); check"]),
    "empty configuration": ({"config": b"{}"}, ["could not be loaded", "model_type", "check that its files"]),
    "unknown architecture": ({"config": {"model_type": "vitt"}}, ["`vitt`", "installed transformers"]),
    "wrong type": ({"config": {"num_hidden_layers": "two"}}, ["num_hidden_layers", "check that its files"]),
    "another task": (
        {"config": {"model_type": "bert"}},
        ["opened here neither as a classifier", "give one"],
    ),
    "no processor": (
        {"preprocessor_config": None},
        ["its input: preprocessor_config.json is missing in this folder. Copy"],
    ),
    "half a processor": ({"preprocessor_config": b"{"}, ["not a valid JSON", "or correct its preprocessor_config"]),
    "a name out of time": ({"preprocessor_config": {"image_processor_type": "X"}}, ["how images become its input"]),
}


@pytest.mark.parametrize("case", BROKEN)
@pytest.mark.parametrize("command", [["explain", "good.png"], ["methods"]])
def test_a_broken_folder_is_named(vitx: Vitx, place: Path, variant: Variant, command: list[str], case: str):
    changes, words = BROKEN[case]
    folder = variant(**changes)
    said = vitx(*command, "--model", folder)
    refused(said, str(folder), *words, code=2)
    assert len(said.err) < 900
    assert said.out == ""
    assert [path.name for path in place.iterdir()] == ["good.png"]


def test_a_folder_has_no_revisions(vitx: Vitx, place: Path, vit_folder: Path):
    said = vitx("explain", "good.png", "--model", vit_folder, "--revision", "main")
    refused(said, f"{vit_folder} is a folder and has no revision 'main'; leave revision out.", code=2)


def test_weights_that_are_large_are_not_infinite(variant: Variant):
    """Their sum is, so the check must look at each."""
    folder = variant(lambda tensors: tensors[PATCHES].fill_(3e38))
    assert vitxplain.load_model(folder).labels[0] == "circle"


@pytest.fixture
def blinded(variant: Variant) -> Path:
    """A model whose numbers overflow on every image but a black one."""
    return variant(
        lambda tensors: tensors[PATCHES].fill_(3e38),
        preprocessor_config={"image_mean": [0.0, 0.0, 0.0], "image_std": [1.0, 1.0, 1.0]},
    )


@pytest.mark.parametrize("batch_size", [1, 8])
def test_logits_that_are_nan_on_some_images(vitx: Vitx, place: Path, blinded: Path, batch_size: int):
    for name in ("black", "black2"):
        Image.new("RGB", (40, 40)).save(f"{name}.png")
    command = (
        "explain",
        "black.png",
        "good.png",
        "black2.png",
        "--model",
        blinded,
        "--method",
        "rollout,raw-attention",
    )
    said = vitx(*command, "--format", "npz", "--batch-size", batch_size, "--json")
    refused(
        said,
        f"the model's logits are not finite for good.png with {blinded} in float32: numbers overflowed on the way; ",
        "try another image, or a checkpoint trained soundly.",
        code=1,
    )
    outcomes = {(line["input"], line["method"]): "error" in line for line in said.json}
    assert outcomes == {
        (name, method): name == "good.png"
        for name in ("black.png", "good.png", "black2.png")
        for method in ("attention-rollout", "raw-attention")
    }
    assert len(list(Path("vitx-out").iterdir())) == 4


def test_half_precision_that_overflows_says_what_to_choose(vitx: Vitx, place: Path, variant: Variant):
    folder = variant(lambda tensors: tensors[PATCHES].fill_(6e4))
    said = vitx("explain", "good.png", "--model", folder, "--method", "rollout", "--dtype", "float16")
    refused(said, "not finite for good.png", 'in float16: numbers overflowed on the way; try dtype="float32"', code=1)
    assert vitx("explain", "good.png", "--model", folder, "--method", "rollout", "--format", "npz").code == 0


@pytest.mark.filterwarnings("default")  # as they are for users
def test_a_processor_that_divides_by_zero(vitx: Vitx, place: Path, variant: Variant):
    folder = variant(preprocessor_config={"image_std": [0.0, 0.0, 0.0]})
    said = vitx("explain", "good.png", "--model", folder, "--method", "rollout")
    assert said.code == 1
    *notes, error = said.err.splitlines()
    assert error == (
        "error: good.png has pixel_values that are NaN or infinite; check how they were made, first of all the mean "
        "and std that normalise them."
    )
    assert notes[0].startswith("note: divide by zero")  # one line, no place in the code
    assert all(note.startswith("note: ") for note in notes)
    assert not Path("vitx-out").exists()
