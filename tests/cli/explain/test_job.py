"""vitx explain when something is wrong: one sentence, the right exit code, and no good work lost."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import Said

Vitx = Callable[..., Said]

# What `vitx explain` with one image may import: own packages, and how many modules of them.
PACKAGES = set(
    "animation api capture class_source cli data errors escape explainers explanation files foreign_code generators "
    "geometry grid interrupts metrics models options other_libraries registry render scale suggest tasks types "
    "words".split()
)
MOST_MODULES = 330
NEEDLESS = {"pandas", "pyarrow", "datasets", "fsspec", "sklearn", "captum", "timm", "torchvision", "matplotlib.pyplot"}


def test_bad_images_lose_no_good_one(vitx: Vitx, photos: Path, vit_folder: Path):
    (photos / "empty.png").touch()
    images = ["broken.png", "cat.png", "notes.txt", "empty.png", "missing.png", "x*.png", "dog.jpg"]
    said = vitx("explain", *images, "--model", vit_folder, "--format", "npz", "--method", "rollout", "--batch-size", 3)
    assert said.code == 1
    assert sorted(path.name for path in (photos / "vitx-out").iterdir()) == [
        "cat.attention-rollout.npz",
        "dog.attention-rollout.npz",
    ]
    errors = said.err.splitlines()
    assert len(errors) == 5
    for error, name in zip(errors, ["broken.png", "notes.txt", "empty.png", "missing.png", "x*.png"], strict=True):
        assert error.startswith(f"error: {name} ")
    assert said.out.splitlines()[-1] == "7 images, 2 maps in vitx-out, 5 failed"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--method", "rolout"], "no method is called 'rolout'. Did you mean attention-rollout"),
        (["--method", "rollout,grad-camm"], "no method is called 'grad-camm'. Did you mean grad-cam"),
        (["--method", ","], "--method names no method"),
        (["--method", "rollout", "-o", "head_fuson=max"], "has no option 'head_fuson'; did you mean head_fusion?"),
        (["--method", "rollout", "-o", "head_fusion=all"], "head_fusion is 'all'; it takes mean or max or min."),
        (["--method", "rollout", "-o", "start_layer=9"], "start_layer 9 does not exist: this model has 2, 0 to 1."),
        (["-o", "zzz=1"], "affinity-attention has no option 'zzz'"),
        (["-o", "zzz"], "-o 'zzz' has no value; write -o key=value"),
        (["--target", "hexagon"], "the model has no class named 'hexagon'"),
        (["--target", "3"], "target 3 does not exist: the model has 3 classes"),
        (["--format", "png,gif,tga"], "there is no format tga; --format takes some of png,pdf,svg,npz,json,csv,gif."),
        (["--format", ","], "--format names no format"),
        (["--device", "gpu"], "device 'gpu' is not available"),
        (["--dtype", "int8"], "dtype 'int8' does not exist"),
        (["--image-size", "big"], "'big' is no image size"),
        (["--top-k", "0"], "Invalid value for '--top-k'"),
        (["--methd", "rollout"], "No such option: --methd"),
    ],
)
def test_usage_errors_attempt_nothing(vitx: Vitx, photos: Path, vit_folder: Path, arguments: list[str], message: str):
    said = vitx("explain", "cat.png", "--model", vit_folder, *arguments)
    assert said.code == 2
    assert message in " ".join(said.err.replace("│", "").split())
    assert said.out == ""
    assert not (photos / "vitx-out").exists()
    assert "Traceback" not in said.err


def test_no_image_is_a_usage_error(vitx: Vitx):
    assert vitx("explain").code == 2


@pytest.mark.parametrize("model", ["./no-such-folder", "nobody/nothing", "more"])
def test_no_such_model(vitx: Vitx, photos: Path, model: str):
    said = vitx("explain", "cat.png", "--model", model)
    assert said.code == 2
    assert said.err.startswith("error: ")
    assert model.removeprefix("./") in said.err


def test_no_method_fits(vitx: Vitx, photos: Path, cnn_folder: Path):
    said = vitx("explain", "cat.png", "--model", cnn_folder, "--method", "rollout,raw-attention")
    assert said.code == 2
    assert said.err.splitlines()[:4] == [
        f"error: attention-rollout needs attentions, which {cnn_folder} does not have.",
        "  Why: it has no attention.",
        f"raw-attention needs attention maps, which {cnn_folder} does not have.",
        "  Why: it has no attention.",
    ]
    assert said.err.splitlines()[4].startswith("  Methods for this model: cam, grad-cam")


def test_a_method_that_does_not_fit_among_others_that_do(vitx: Vitx, photos: Path, vit_folder: Path):
    arguments = ("explain", "cat.png", "dog.jpg", "--model", vit_folder, "--method", "cam,rollout", "--format", "npz")
    said = vitx(*arguments)
    assert said.code == 1
    assert said.err.count("error:") == 1
    assert f"error: cam does not fit {vit_folder}: it does not end in global average pooling" in said.err
    lines = vitx(*arguments, "--json").json
    assert [(line["input"], "error" in line) for line in lines if line["method"] == "cam"] == [
        ("cat.png", True),
        ("dog.jpg", True),
    ]
    assert len([line for line in lines if "error" not in line]) == 2


def test_a_method_that_refuses_its_options_is_said_once(vitx: Vitx, photos: Path, vit_folder: Path):
    options = ("--method", "rollout,gradient-rollout", "-o", "rollout.start_layer=9", "--batch-size", 1)
    said = vitx("explain", "cat.png", "dog.jpg", "--model", vit_folder, *options)
    assert said.code == 1
    assert said.err == "error: attention-rollout: start_layer 9 does not exist: this model has 2, 0 to 1.\n"
    assert len(list(photos.glob("vitx-out/*.gradient-rollout.png"))) == 2


def test_out_is_a_file(vitx: Vitx, photos: Path, vit_folder: Path):
    said = vitx("explain", "cat.png", "--model", vit_folder, "--out", "notes.txt")
    assert said.code == 1
    assert said.err.startswith("error: cannot write to notes.txt: ")
    assert "--out" in said.err


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder nobody can write to")
def test_out_is_read_only(vitx: Vitx, photos: Path, vit_folder: Path):
    said = vitx("explain", "cat.png", "--model", vit_folder, "--out", "/proc/vitx-out")
    assert said.code == 1
    assert said.err.startswith("error: cannot write to /proc/vitx-out: ")


@pytest.mark.parametrize(
    ("limit", "message"), [(2000, "error: cannot write to full: File too large."), (20_000, "the disk is full")]
)
def test_out_is_full(
    vitx_process: Vitx, photos: Path, vit_folder: Path, limit: int, message: str, monkeypatch: pytest.MonkeyPatch
):
    """A limit on the size of files, as near to a full disk as a test may come: found before, and while writing.

    That process of its own shows as well what an explanation and its picture import.
    """
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")
    said = vitx_process(
        *("explain", "cat.png", "--model", vit_folder, "--method", "rollout", "--out", "full"),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert said.code == 1
    assert message in said.err
    assert list(photos.glob("full/*")) == []
    assert "Traceback" not in said.err
    imported = {line.rpartition("|")[2].strip() for line in said.err.splitlines() if line.startswith("import time:")}
    own = {name for name in imported if name.startswith("vitxplain.")}
    assert {name.split(".")[1] for name in own} <= PACKAGES
    assert "vitxplain.cli.explain.command" in own
    assert len(own) <= MOST_MODULES
    own_to_torch = {"fsspec"} if "torch.distributed.checkpoint._fsspec_filesystem" in imported else set()  # torch 2.8
    assert not imported & NEEDLESS - own_to_torch


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("cat.png",), 0),
        (("missing.png",), 1),
        (("missing.png", "cat.png"), 1),
        (("notes.txt",), 1),
        (("cat.png", "--out", "notes.txt"), 1),
        (("cat.png", "--target", "lion"), 2),
        (("cat.png", "--method", "rolout"), 2),
        (("missing.png", "--method", "rolout"), 2),
    ],
)
def test_files_that_are_no_good_give_1_and_words_that_are_wrong_2(
    vitx: Vitx, photos: Path, vit_folder: Path, arguments: tuple[str, ...], code: int
):
    """Whether there is one image or many; and a wrong word is found before any image is read."""
    assert vitx("explain", *arguments, "--model", vit_folder, "--format", "npz").code == code


def test_debug_shows_the_traceback(vitx: Vitx, photos: Path, vit_folder: Path):
    said = vitx("explain", "broken.png", "--model", vit_folder, "--debug")
    assert said.code == 1
    assert "Traceback (most recent call last)" in said.err
    said = vitx("explain", "cat.png", "--model", vit_folder, "--target", "9", "--debug")
    assert said.code == 2
    assert "TargetError" in said.err


def test_a_broken_plugin_breaks_no_other(vitx: Vitx, photos: Path, vit_folder: Path, plugins: Path):
    said = vitx("explain", "cat.png", "--model", vit_folder, "--method", "raising")
    assert said.code == 2
    assert "raising-plugin 1.0 cannot be loaded: RuntimeError: no licence file" in said.err
    said = vitx("explain", "cat.png", "--model", vit_folder, "--method", "brightness", "-o", "gain=2", "--json")
    assert said.code == 0
    assert said.json[0]["options"] == {"gain": 2.0}


def test_a_method_that_fails_takes_no_other_with_it(vitx: Vitx, photos: Path, vit_folder: Path, plugins: Path):
    (plugins / "good_plugin.py").write_text(
        (plugins / "good_plugin.py").read_text().replace("return self.gain", "raise ZeroDivisionError('oh'); return 0")
    )
    said = vitx("explain", "cat.png", "dog.jpg", "--model", vit_folder, "--method", "brightness,rollout")
    assert said.code == 1
    failure = "the method 'brightness' of good-plugin 1.0 failed: ZeroDivisionError: oh."
    for name, line in zip(("cat.png", "dog.jpg"), said.err.splitlines(), strict=True):
        assert line.startswith(f"error: {name}: {failure}")
    assert len(list(photos.glob("vitx-out/*.attention-rollout.png"))) == 2


def test_interrupted(photos: Path, vit_folder: Path):
    """Ctrl-C while it works: 130, what is finished stays, nothing is half-written."""
    for index in range(300):
        Image.fromarray(np.full((30, 30, 3), index % 256, np.uint8)).save(photos / "more" / f"{index}.png")
    command = [sys.executable, "-m", "vitxplain", "explain", "more", "--model", vit_folder, "--batch-size", "1"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline()  # the first image is done
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors == "error: interrupted; what was finished is kept, nothing is half-written.\n"
    written = sorted(path.name for path in (photos / "vitx-out").iterdir())
    assert 3 <= len(written) < 900
    assert len(written) % 3 == 0
    assert not [name for name in written if name.endswith(".part")]
