"""Wrong calls of the Python API: our errors, which name what was given and what is taken."""

import ast
import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import typer
from torch import nn
from typer.testing import CliRunner

from tests.bad_input.conftest import Vitx, noise
from tests.capture.state import state
from vitxplain import explain, load_model
from vitxplain.cli.shared.guard import guarded
from vitxplain.cli.shared.options import Debug
from vitxplain.errors import ModelLoadError

SCRIPT = Path(__file__).with_name("wrong_calls.py")

NO_IMAGE = "is no image; give a path, an address, bytes, an open file, a PIL image or an array."
NO_PATH = "and the path of a file or folder was expected; give a text, such as"
NO_PIXELS = "pixel_values have the axes (channels, height, width) or (batch, channels, height, width)"
NO_CLASS = "is no class; give an index such as 3, a name, a list with one of these an image, or None"
NO_MODEL = "is no model; give a folder, a name of `vitx models`, a Hub id"
COUNT = "it takes a whole number of at least 1."
NO_SIZE = "is no image size; write 384 for a square, or height and width as 384x512"
NO_PROCESSOR = "Small does not say how images become its input; give mean=(0.485, 0.456, 0.406)"

EXPECTED: dict[str, tuple[str, str]] = {
    "path of save": ("UsageError", f"5 is of the type int, {NO_PATH}"),
    "path of save in bytes": ("UsageError", f"b'out' is of the type bytes, {NO_PATH}"),
    "path of a list": ("UsageError", f"None is of the type NoneType, {NO_PATH}"),
    "path of load": ("UsageError", f"5 is of the type int, {NO_PATH}"),
    "path of a record": ("UsageError", f"5 is of the type int, {NO_PATH}"),
    "path of records": ("UsageError", f"['out'] is of the type list, {NO_PATH}"),
    "path of maps to score": ("UsageError", f"5 is of the type int, {NO_PATH}"),
    "path of an evaluation": ("UsageError", f"5 is of the type int, {NO_PATH}"),
    "path of maps": ("UsageError", f"None is of the type NoneType, {NO_PATH}"),
    "path of a data set of maps": ("UsageError", f"5 is of the type int, {NO_PATH}"),
    "formats": ("OptionError", "5 names no formats; give some of png, pdf, svg, npz, json, csv, such as 'png,npz'."),
    "stem": ("UsageError", "5 is no plain file name; give the folder first"),
    "image None": ("ImageError", f"None {NO_IMAGE}"),
    "image int": ("ImageError", f"an object of type int {NO_IMAGE}"),
    "image bytes": ("ImageError", "the image in bytes is not an image in a format that can be read"),
    "image dict": ("ImageError", "list of them was expected: give what is under one name, ROW['image']."),
    "image in a list in a list": (
        "ImageError",
        "item 0 of what was given is a list (PngImageFile), and what is explained is images alone",
    ),
    "data of torch": ("UsageError", "data is of type TensorDataset; give a built-in set (digits), a folder"),
    "image data set": ("ImageError", "a TensorDataset gives samples, and what is explained is images alone"),
    "image loader": ("ImageError", "item 0 of a DataLoader is a list (Tensor, Tensor), and what is explained"),
    "image batch with labels": ("ImageError", "item 1 of what was given is a tensor of labels, (2,)"),
    "image and its label": ("ImageError", "item 1 of what was given is the number 1, and what is explained"),
    "image rows": ("ImageError", "item 0 of what was given is a dict (image, label), and what is explained"),
    "image None among others": ("ImageError", f"None {NO_IMAGE}"),
    "image empty text": ("ImageError", "'' names no image"),
    "image with a null": ("ImageError", "does not exist (no file can have such a name); check the path"),
    "image closed": ("ImageError", "good.png is damaged or incomplete ("),
    "no images": ("UsageError", "no images were given; pass a path"),
    "array of floats": ("ImageError", "so what stands for white is not known; divide by it (255, 4095, 10000, ...)"),
    "array of integers": (
        "ImageError",
        "the array of int64 holds whole numbers up to 70000, more than 16 bits do",
    ),
    "array channels first": ("ImageError", "not the shape (3, 8, 8)."),
    "array without pixels": ("ImageError", "not the shape (0, 8, 3)."),
    "array of no axes": ("ImageError", f"an object of type uint8 {NO_IMAGE}"),
    "tensor 2-D": ("ImageError", f"{NO_PIXELS}, not the shape (32, 32)."),
    "tensor 5-D": ("ImageError", f"{NO_PIXELS}, not the shape (1, 1, 3, 32, 32)."),
    "tensor without pixels": ("ImageError", "not the shape (3, 0, 32)."),
    "tensor without images": ("UsageError", "no images were given"),
    "tensor of uint8": ("ImageError", "a torch.uint8 tensor cannot be pixel_values, which are normalised floats; pass"),
    "tensor of complex": ("ImageError", "a torch.complex64 tensor cannot be pixel_values"),
    "tensor of 4 channels": ("ModelLoadError", "fails on an input of 32 x 32 pixels with 4 channels (Make sure that"),
    "tensor below a patch": ("ModelLoadError", "fails on an input of 4 x 4 pixels with 3 channels (Calculated padded"),
    "pixels NaN": ("ImageError", "image 1 has pixel_values that are NaN or infinite; check how they were made"),
    "pixels infinite": ("ImageError", "image 0 has pixel_values that are NaN or infinite"),
    "target True": ("TargetError", f"target True {NO_CLASS}"),
    "target float": ("TargetError", f"target 1.0 {NO_CLASS}"),
    "target tensor of floats": ("TargetError", f"target 1.0 {NO_CLASS}"),
    "target dict": ("TargetError", f"target {{'star': 1}} {NO_CLASS}"),
    "target empty list": ("TargetError", "an empty list names no target; leave target out for the model's own choice."),
    "targets two for three": ("TargetError", "2 targets were given for 3 images; give one, or one an image."),
    "target object": ("TargetError", NO_CLASS),
    "target bytes": ("TargetError", f"target b'star' {NO_CLASS}"),
    "target huge": ("TargetError", "does not exist: the model has 3 classes, 0 to 2."),
    "top_k 0": ("OptionError", f"top_k is 0; {COUNT}"),
    "top_k -1": ("OptionError", f"top_k is -1; {COUNT}"),
    "top_k True": ("OptionError", f"top_k is True; {COUNT}"),
    "top_k text": ("OptionError", f"top_k is '5'; {COUNT}"),
    "batch_size 0": ("OptionError", f"batch_size is 0; {COUNT}"),
    "batch_size None": ("OptionError", f"batch_size is None; {COUNT}"),
    "batch_size float": ("OptionError", f"batch_size is 1.5; {COUNT}"),
    "method None": ("UsageError", "a method is a name or an Explainer, not None; see `vitx methods` for the names"),
    "method list": (
        "UsageError",
        "not ['rollout']; see `vitx methods` for the names, and explain_together for several",
    ),
    "method class": ("UsageError", "a method is a name or an Explainer, not <class 'dict'>"),
    "methods none": ("UsageError", "no methods were given; name at least one of `vitx methods`."),
    "methods with None": ("UsageError", "a method is a name or an Explainer, not None"),
    "option of an instance, unknown": ("OptionError", "grad-cam has no option 'rellu'; did you mean relu?"),
    "option of an instance, wrong": ("OptionError", "relu is 'yes'; it takes True or False."),
    "option of a class, wrong": ("OptionError", "head is 'x'; it takes"),
    "option layer int": ("OptionError", "layer is 3; it takes a name or None."),
    "option query tuple": ("OptionError", "query is (1, 2); it takes"),
    "option None": ("OptionError", "start_layer is None; it takes a whole number of at least 0."),
    "model None": ("UsageError", f"None {NO_MODEL}"),
    "model int": ("UsageError", f"3 {NO_MODEL}"),
    "model class": ("UsageError", f"<class '__main__.Small'> {NO_MODEL}"),
    "model empty text": ("UsageError", f"'' {NO_MODEL}"),
    "model and image swapped": ("UsageError", NO_MODEL),
    "module without processor": ("ModelLoadError", NO_PROCESSOR),
    "module without processor, path": ("ModelLoadError", NO_PROCESSOR),
    "module, 2-D tensor": ("ImageError", f"{NO_PIXELS}, not the shape (8, 8)."),
    "module, 1 channel": ("ModelLoadError", "Small fails on an input of 8 x 8 pixels with 1 channel (Given groups=1"),
    "module, uint8": ("ImageError", "a torch.uint8 tensor cannot be pixel_values"),
    "module on meta": (
        "ModelLoadError",
        "the weights of Small were never loaded: conv.weight lies on the meta device.",
    ),
    "module without logits": ("ModelLoadError", "Conv2d returns a Tensor of shape (1, 3, 32, 32) for one image"),
    "module that always fails": (
        "ModelLoadError",
        "32 x 32 pixels with 3 channels (the light is too bright); check the",
    ),
    "module that fails on an image": ("ModelLoadError", "with 3 channels (the light is too bright); check the size"),
    "processor that is none": ("UsageError", "processor=3 is nothing that makes pixels of images; give mean="),
    "processor to PIL": ("UsageError", "the processor makes a Image of a PIL image; it must make a (channels, height"),
    "processor 2-D": ("UsageError", "the processor makes a Tensor of shape (8, 8) of a PIL image; it must"),
    "mean alone": ("UsageError", "mean=, std= and size= belong together"),
    "device None": ("UsageError", "device 'None' is not available; here are: auto,"),
    "device elsewhere": ("UsageError", "device 'cuda:99' is not available; here are: auto,"),
    "dtype list": ("UsageError", "dtype '[1]' does not exist; choose auto, float32"),
    "dtype int8": ("UsageError", "dtype 'torch.int8' does not exist"),
    "size float": ("OptionError", f"3.5 {NO_SIZE}"),
    "size True": ("OptionError", f"True {NO_SIZE}"),
    "grid of none": ("UsageError", "grid=(0, 4) is no grid of patches; give (rows, columns) or a TokenGrid."),
    "labels int": ("UsageError", "labels map class indices to names, such as {0: 'cat'}"),
    "labels few": ("UsageError", "1 labels were given for 3 classes; give one for each index from 0 on."),
    "fitting None": ("UsageError", f"None {NO_MODEL}"),
    "load nothing": ("UsageError", "names no explanation; give the path of one"),
    "load elsewhere": ("UsageError", "there is no explanation at nowhere/cat"),
    "save formats": ("OptionError", "there is no format 'jpg'; give some of png, pdf, svg, npz, json, csv."),
    "save stem": ("UsageError", "'a/b' is no plain file name"),
}
CALLS = next(
    [key.value for key in node.value.keys]
    for node in ast.parse(SCRIPT.read_text("utf-8")).body
    if isinstance(node, ast.AnnAssign) and node.target.id == "CALLS"
)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory, vit_folder: Path) -> dict[str, list[str]]:
    from PIL import Image

    place = tmp_path_factory.mktemp("calls")
    Image.fromarray(noise()).save(place / "good.png")
    command = [sys.executable, SCRIPT, vit_folder, place / "good.png"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=place)
    assert done.stderr == ""
    assert [path.name for path in place.iterdir()] == ["good.png"]
    return json.loads(done.stdout)


@pytest.mark.parametrize("call", CALLS)
def test_a_call(outcomes: dict[str, list[str]], call: str):
    error, message = outcomes[call]
    if call.startswith("right: "):
        assert error == "", message
    else:
        assert (error, EXPECTED[call][1] in message) == (EXPECTED[call][0], True), message


def test_no_expectation_is_left_over():
    assert {call for call in CALLS if not call.startswith("right: ")} == EXPECTED.keys()


class TwoFaced(nn.Module):
    """Works on dark images; fails in the middle of a pass on others."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, 4, 3), nn.Linear(4, 3)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        features = self.conv(pixels).relu()
        if pixels.mean() > 5:
            raise ValueError("too bright")
        return self.head(features.mean((2, 3)))


@pytest.mark.parametrize("method", ["grad-cam", "auto"])
def test_a_model_that_raises_is_left_as_found_and_works_on(method: str):
    module = TwoFaced().train()
    module.conv.weight.requires_grad_(False)
    model = load_model(module, mean=0.5, std=0.5, size=16)
    before = state(module)
    good = explain(model, torch.zeros(3, 16, 16), method)
    with pytest.raises(ModelLoadError, match=r"TwoFaced fails .*\(too bright\)") as caught:
        explain(model, torch.full((3, 16, 16), 9.0), method)
    assert isinstance(caught.value.__cause__, ValueError)  # the user's own traceback is there
    assert state(module) == before
    assert (explain(model, torch.zeros(3, 16, 16), method).values == good.values).all()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a second device")
def test_a_model_on_another_device_than_the_image():
    torch.manual_seed(0)
    module = TwoFaced().eval()
    pixels = torch.rand(3, 16, 16)
    here = explain(module, pixels, "grad-cam", target=1)
    there = explain(module.to("cuda"), pixels, "grad-cam", target=1)
    back = explain(module.to("cpu"), pixels.to("cuda"), "grad-cam", target=1)
    for other in (there, back):
        torch.testing.assert_close(torch.from_numpy(other.values), torch.from_numpy(here.values), rtol=1e-3, atol=1e-4)


def test_a_failure_of_the_command_itself_is_reported_as_such():
    """What no one foresaw: named, exit code 1, and where to turn to."""

    def command(debug: Debug = False) -> None:
        raise IndexError

    app = typer.Typer()
    app.command()(guarded(command))
    said = CliRunner().invoke(app)
    assert said.exit_code == 1
    assert said.stderr.splitlines() == [
        "error: IndexError: no message",
        "  This should not happen: run it again with --debug and report the traceback, please.",
    ]
    assert "Traceback (most recent call last)" in CliRunner().invoke(app, "--debug").stderr


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory."),
        RuntimeError("[enforce fail at alloc_cpu.cpp:127] . DefaultCPUAllocator: can't allocate memory: you tried to"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
    ],
)
def test_a_full_memory_is_no_failure_of_the_command(error: Exception):
    def command() -> None:
        raise error

    app = typer.Typer()
    app.command()(guarded(command))
    said = CliRunner().invoke(app)
    assert said.exit_code == 1
    assert said.stderr.startswith("error: the memory is full. Try --batch-size 1")
    assert "should not happen" not in said.stderr


def test_a_plugin_that_fails_while_it_runs_is_named(vitx: Vitx, place: Path, vit_folder: Path, plugins: Path):
    """Exit code 1, and where to turn to, which is not here; the traceback with --debug alone."""
    (plugins / "good_plugin.py").write_text(
        (plugins / "good_plugin.py").read_text().replace("return self.gain", "raise IndexError; return 0")
    )
    command = ("explain", "good.png", "--model", vit_folder, "--method", "brightness")
    said = vitx(*command)
    assert (said.code, said.out) == (1, "")
    message = (
        "the method 'brightness' of good-plugin 1.0 failed: IndexError: no message. This is that package's fault, not "
        "that of the image or the model: report it to its authors, with the traceback that --debug shows."
    )
    assert said.err == f"error: good.png: {message}\n"
    said = vitx(*command, "--debug", "--json")
    assert said.json == [{"input": "good.png", "method": "brightness", "error": message}]
    assert "Traceback (most recent call last)" in said.err
    assert "good_plugin.py" in said.err
