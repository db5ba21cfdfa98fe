"""Names and values that do not exist: nothing is attempted, and the message has the nearest one or all there are."""

import re
from pathlib import Path

import pytest

from tests.bad_input.conftest import Vitx, refused
from vitxplain import registry

METHODS = ", ".join(registry.names("explainers"))  # plugins may be installed

OURS: dict[str, tuple[list[str], list[str]]] = {
    # methods
    "near method": (["--method", "rollot"], ["no method is called 'rollot'. Did you mean attention-rollout"]),
    "far method": (["--method", "zzz"], ["no method is called 'zzz'. Known: " + METHODS, "vitx methods"]),
    "one of two": (["--method", "cam,gradcamm"], ["'gradcamm'. Did you mean grad-cam"]),
    "no method": (["--method", " , "], ["--method names no method; leave it out"]),
    # options
    "near option": (
        ["--method", "rollout", "-o", "discard=0.5"],
        ["attention-rollout has no option 'discard'; did you mean discard_ratio?"],
    ),
    "far option": (
        ["--method", "grad-cam,cam", "-o", "zzz=1"],
        ["none of grad-cam, cam has an option 'zzz'; options: grad-cam has layer, relu; cam has layer."],
    ),
    "option of a method not named": (
        ["--method", "grad-cam", "-o", "rollout.start_layer=1"],
        ["rollout.start_layer: attention-rollout is not among the methods named (grad-cam)."],
    ),
    "option of an unknown method": (["--method", "grad-cam", "-o", "grad-cm.layer=x"], ["Did you mean grad-cam?"]),
    "option without value": (["-o", "layer"], ["-o 'layer' has no value; write -o key=value"]),
    "option without name": (["-o", "=3"], ["-o '=3' has no", "write -o key=value"]),
    # option values
    "word for a number": (["--method", "rollout", "-o", "start_layer=two"], ["'two'; it takes a whole number."]),
    "number too large": (
        ["--method", "rollout", "-o", "start_layer=2"],
        ["start_layer 2 does not exist: this model has 2, 0 to 1."],
    ),
    "negative": (["--method", "rollout", "-o", "start_layer=-1"], ["start_layer is -1; it takes", "at least 0."]),
    "share above one": (["--method", "rollout", "-o", "discard_ratio=1.5"], ["discard_ratio is 1.5;", "from 0 to 1"]),
    "share that is nan": (["--method", "rollout", "-o", "residual_weight=nan"], ["residual_weight is nan;"]),
    "unknown word": (["--method", "rollout", "-o", "head_fusion=avg"], ["'avg'; it takes mean or max or min."]),
    "no truth": (["--method", "grad-cam", "-o", "relu=perhaps"], ["'perhaps'; it takes true or false."]),
    "no layer": (["--method", "grad-cam", "-o", "layer="], ["layer is ''; it takes a name or None."]),
    "near layer": (
        ["--method", "grad-cam", "-o", "layer=vit.layernrm"],
        ["layer 'vit.layernrm' is no node of the model. Near: vit.layernorm"],
    ),
    "far patch": (
        ["--method", "raw-attention", "-o", "query=4,0"],
        ["query '4,0' asks nothing there", "row,column from 0,0 to 3,3."],
    ),
    "far head": (["--method", "raw-attention", "-o", "head=2"], ["head 2 does not exist: this model has 2, 0 to 1."]),
    "far layer": (["--method", "raw-attention", "-o", "layer=-3"], ["layer -3 does not exist", "0 to 1."]),
    # targets
    "index too large": (["--target", "3"], ["target 3 does not exist: the model has 3 classes, 0 to 2."]),
    "index far too large": (
        ["--target", "9" * 400],
        [
            "999'. Its classes: 'circle', 'square, box', 'star'. "
            "Give an index or a name from its labels (vitx labels --model M)."
        ],
    ),
    "negative index": (["--target", "-1"], ["target -1 does not exist: the model has 3 classes, 0 to 2."]),
    "near class": (["--target", "sqare"], ["no class named 'sqare'. Did you mean 'square, box'"]),
    "far class": (
        ["--target", "hexagon"],
        [
            "no class named 'hexagon'. Its classes: 'circle', 'square, box', 'star'. "
            "Give an index or a name from its labels (vitx labels --model M)."
        ],
    ),
    "no class": (["--target", ""], ["no class named ''."]),
    "a number of another script": (["--target", "²"], ["no class named '²'."]),
    "two signs": (["--target", "--1"], ["no class named '--1'."]),
    "a class that is a number": (["--target", "name:1"], ["no class named 'name:1'."]),
    # devices, number formats, sizes, files
    "device": (["--device", "cuda:77"], ["device 'cuda:77' is not available; here are: auto,", "cpu."]),
    "word for a device": (["--device", "gpu"], ["device 'gpu' is not available; here are: auto,"]),
    "device without memory": (["--device", "meta"], ["device 'meta' is not available"]),
    "dtype": (["--dtype", "float8"], ["dtype 'float8' does not exist; choose auto, float32, bfloat16, float16."]),
    "size": (["--image-size", "big"], ["'big' is no image size; write 384", "384x512"]),
    "half a size": (["--image-size", "32x"], ["'32x' is no image size"]),
    "no size": (["--image-size", "0"], ["'0' is no image size"]),
    "negative size": (["--image-size", "-8"], ["'-8' is no image size"]),
    "three sizes": (["--image-size", "8x8x3"], ["'8x8x3' is no image size"]),
    "size of a planet": (["--image-size", "9" * 30], ["is no image size", "at most 32768 each"]),
    "size below a patch": (["--image-size", "4"], ["fails on an input of 4 x 4 pixels", "leave it out."]),
    "format": (
        ["--format", "png,jpg"],
        ["there is no format jpg; --format takes some of png,pdf,svg,npz,json,csv,gif."],
    ),
    "no format": (["--format", ""], ["--format names no format; it takes some of png,pdf,svg,npz,json,csv,gif."]),
}


@pytest.mark.parametrize("case", OURS)
def test_what_does_not_exist(vitx: Vitx, place: Path, vit_folder: Path, case: str):
    arguments, words = OURS[case]
    said = vitx("explain", "good.png", "--model", vit_folder, *arguments)
    refused(said, *words, code=2)
    assert said.out == ""
    assert [path.name for path in place.iterdir()] == ["good.png"]


# As typer words it, and as click does, whose words older versions of typer show.
NO_SUCH_OPTION = r"No such option:? '?--targt'?\.? \([\w ]+: '?--data'?, '?--target'?\??\)"
TYPERS: dict[str, tuple[list[str], str]] = {
    "top-k 0": (["explain", "good.png", "--top-k", "0"], "Invalid value for '--top-k'"),
    "top-k word": (["explain", "good.png", "--top-k", "all"], "Invalid value for '--top-k'"),
    "batch-size 0": (["explain", "good.png", "--batch-size", "0"], "Invalid value for '--batch-size'"),
    "batch-size word": (["explain", "good.png", "--batch-size", "1.5"], "Invalid value for '--batch-size'"),
    "no image": (["explain"], "give the images to explain, or a data set with --data"),
    "option": (["explain", "good.png", "--targt", "1"], NO_SUCH_OPTION),
    "no value": (["explain", "good.png", "--model"], "Option '--model' requires an argument"),
    "command": (["explan", "good.png"], "No such command 'explan'. Did you mean 'explain'?"),
    "too much": (["models", "rollout"], "unexpected extra argument"),
    "two images": (["patches", "good.png", "good.png"], "unexpected extra argument"),
}


@pytest.mark.parametrize("case", TYPERS)
def test_what_the_command_line_itself_refuses(vitx: Vitx, place: Path, case: str):
    arguments, words = TYPERS[case]
    said = vitx(*arguments)
    assert said.code == 2
    assert re.search(words, " ".join(said.err.replace("│", "").split()))
    assert said.out == ""
    assert [path.name for path in place.iterdir()] == ["good.png"]


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (
            "vit-bse",
            "vit-bse is not in the local cache, and HF_HUB_OFFLINE forbids asking the Hub. Did you mean vit-base",
        ),
        ("google/vit-base-patch16-244", "Did you mean google/vit-base-patch16-224"),
        ("google/vit-base-patch16-224", "Give a folder that holds the model"),
        ("nobody/nothing", "nobody/nothing is not in the local cache"),
        ("runs/x", "There is no folder runs/x either (looked up in "),
        ("./nowhere", "the folder ./nowhere does not exist; check the path (looked up in "),
        ("~nobody-of-this-name/model", "the folder ~nobody-of-this-name/model does not exist; check the path"),
        ("good.png", "good.png is a file; give the folder it lies in, with its config.json."),
        (
            ".",
            ". holds no config.json",
        ),
        ("", "'' is no model; give a folder, a name of `vitx models`, a Hub id"),
        ("my model", "'my model' is neither an existing folder nor a Hub id (`owner/name`)."),
        ("tim:vit_tiny", "tim: in 'tim:vit_tiny' names no installed library of models; known are timm:NAME"),
        ("demo-cat", "demo-cat is not in the local cache"),
        ("x" * 300, "is neither an existing folder nor a Hub id"),
    ],
)
@pytest.mark.parametrize("command", [["explain", "good.png"], ["methods"], ["patches", "good.png"]])
def test_models_that_do_not_exist(vitx: Vitx, place: Path, command: list[str], model: str, words: str):
    refused(vitx(*command, "--model", model), words, code=2)
    assert [path.name for path in place.iterdir()] == ["good.png"]


def test_a_right_name_out_of_reach_is_no_misspelling(vitx: Vitx, place: Path):
    assert "Did you mean" not in vitx("methods", "--model", "google/vit-base-patch16-224").err


def test_two_methods_of_which_one_does_not_fit(vitx: Vitx, place: Path, vit_folder: Path):
    said = vitx("explain", "good.png", "--model", vit_folder, "--method", "cam,rollout", "--format", "npz", "--json")
    assert said.code == 1
    failed, done = said.json
    reason = (
        f"cam does not fit {vit_folder}: it does not end in global average pooling and one linear layer; use grad-cam."
    )
    assert failed == {"input": "good.png", "method": "cam", "error": reason}
    assert said.err == f"error: {reason}\n"
    assert done["method"] == "attention-rollout"
    assert [path.name for path in (place / "vitx-out").iterdir()] == ["good.attention-rollout.npz"]


def test_no_method_fits(vitx: Vitx, place: Path, cnn_folder: Path):
    said = vitx("explain", "good.png", "--model", cnn_folder, "--method", "rollout", "--json")
    refused(said, "attention-rollout needs attentions, which", "Methods for this model: cam, grad-cam", code=2)
    assert said.out == ""
    assert not (place / "vitx-out").exists()
