"""Results that cannot be written: said in one sentence, complete or not there, and what was there before stays."""

import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import vitxplain
from tests.bad_input.conftest import Said, Vitx, refused

ENDINGS = ("json", "npz", "png")


@pytest.fixture
def mounted(place: Path) -> Iterator[Callable[[str], Path]]:
    """`mounted(options)`: a file system of its own at the folder "small"; root only."""
    folder = place / "small"
    folder.mkdir()

    def mount(options: str) -> Path:
        if os.geteuid() != 0 or subprocess.run(["which", "mount"], capture_output=True, check=False).returncode:
            pytest.skip("only root may mount")
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", folder], capture_output=True, check=False)
        if done.returncode:
            pytest.skip(f"mounting is not allowed here: {done.stderr.decode()}")
        return folder

    yield mount
    subprocess.run(["umount", folder], capture_output=True, check=False)


def test_a_disk_that_fills_up(vitx: Vitx, place: Path, vit_folder: Path, mounted: Callable[[str], Path]):
    """The first results fit; of the others nothing is there."""
    folder = mounted("size=1200k")
    names = [f"{index}.png" for index in range(8)]
    for name in names:
        Path(name).write_bytes(Path("good.png").read_bytes())
    command = ("explain", *names, "--model", vit_folder, "--method", "rollout", "--out", folder)
    said = vitx(*command, "--json")
    assert said.code == 1
    done = [line["input"] for line in said.json if "error" not in line]
    failed = {line["input"]: line["error"] for line in said.json if "error" in line}
    assert 0 < len(done) < len(names)
    assert sorted(done + list(failed)) == names
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        f"{Path(name).stem}.attention-rollout.{ending}" for name in done for ending in ENDINGS
    )
    for name, error in failed.items():
        assert error.startswith(f"{folder}/{Path(name).stem}.attention-rollout.")
        assert "could not be written: the disk is full. Nothing half-written is left; free some space or give" in error
    assert said.err.count("\n") == len(failed)
    assert vitxplain.load(folder / Path(done[0]).stem).method == "attention-rollout"


def test_a_disk_that_is_full(vitx: Vitx, place: Path, vit_folder: Path, mounted: Callable[[str], Path]):
    folder = mounted("size=16k")
    (folder / "mine").write_bytes(b"0" * 16 * 1024)
    said = vitx("explain", "good.png", "--model", vit_folder, "--out", folder)
    refused(said, f"cannot write to {folder}: No space left on device. Give another folder with --out.", code=1)
    refused(vitx("patches", "good.png", "--model", vit_folder, "--out", folder), "the disk is full", code=1)
    assert [path.name for path in folder.iterdir()] == ["mine"]


def test_a_read_only_disk(vitx: Vitx, place: Path, vit_folder: Path, mounted: Callable[[str], Path]):
    folder = mounted("size=64k,ro")
    for out in (folder, folder / "deeper" / "still"):
        said = vitx("explain", "good.png", "--model", vit_folder, "--out", out)
        refused(said, f"cannot write to {out}: Read-only file system. Give another folder with --out.", code=1)
        said = vitx("patches", "good.png", "--model", vit_folder, "--out", out)
        refused(said, "could not be written: the folder is read-only.", "give another folder", code=1)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder(vitx: Vitx, place: Path, vit_folder: Path):
    (place / "locked").mkdir(mode=0o555)
    said = vitx("explain", "good.png", "--model", vit_folder, "--out", "locked")
    refused(said, "cannot write to locked: Permission denied. Give another folder with --out.", code=1)


def test_a_limit_on_files_stands_for_a_full_disk(vitx: Vitx, place: Path, vit_folder: Path):
    """Where nobody may mount: numbers and facts fit, the picture does not, so none of the three is there."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    vitx("methods", "--model", vit_folder)  # what is cached on first use is
    resource.setrlimit(resource.RLIMIT_FSIZE, (8000, hard))
    try:
        said = vitx("explain", "good.png", "--model", vit_folder, "--method", "rollout")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    refused(said, "good.png: vitx-out/good.attention-rollout.png could not be written: the disk is full.", code=1)
    assert list((place / "vitx-out").iterdir()) == []


@pytest.mark.parametrize("out", ["good.png", "link.png"])
def test_the_image_is_not_written_over(vitx: Vitx, place: Path, vit_folder: Path, out: str):
    before = (place / "good.png").read_bytes()
    (place / "link.png").symlink_to(place / "good.png")
    said = vitx("explain", "good.png", "--model", vit_folder, "--out", out)
    refused(said, f"--out {out} is good.png itself, the image to explain; give another file.", code=2)
    assert (place / "good.png").read_bytes() == before


@pytest.mark.parametrize("out", ["good.png", "good.png/deeper", "/dev/null"])
def test_the_folder_is_a_file(vitx: Vitx, place: Path, vit_folder: Path, out: str):
    before = (place / "good.png").read_bytes()
    if out != "good.png":  # a file for a single result, which is another matter
        said = vitx("explain", "good.png", "--model", vit_folder, "--out", out)
        refused(said, f"cannot write to {out}: Not a directory. Give another folder with --out.", code=1)
    said = vitx("patches", "good.png", "--model", vit_folder, "--out", out)
    refused(said, "is in the way.", "give another folder or move it away", code=1)
    assert (place / "good.png").read_bytes() == before


def test_a_folder_nobody_can_name(vitx: Vitx, place: Path, vit_folder: Path):
    said = vitx("explain", "good.png", "--model", vit_folder, "--out", "x" * 300)
    refused(said, "cannot write to xxx", "File name too long. Give another folder with --out.", code=1)


@pytest.mark.parametrize("taken", ENDINGS)
def test_a_folder_where_one_of_the_files_goes(vitx: Vitx, place: Path, vit_folder: Path, taken: str):
    """The others are not written either: a picture beside older numbers would lie."""
    (place / "vitx-out" / f"good.attention-rollout.{taken}").mkdir(parents=True)
    said = vitx(
        "explain", "good.png", "--model", vit_folder, "--method", "rollout,grad-cam", "--format", "npz,png,json"
    )
    refused(said, f"good.attention-rollout.{taken} could not be written", "is in the way", "move it away", code=1)
    assert sorted(path.name for path in (place / "vitx-out").iterdir()) == sorted(
        [f"good.attention-rollout.{taken}", *(f"good.grad-cam.{ending}" for ending in ENDINGS)]
    )


def test_what_was_there_stays_when_the_new_cannot_be_written(vitx: Vitx, place: Path, vit_folder: Path):
    command = ("explain", "good.png", "--model", vit_folder, "--method", "rollout", "--format", "npz,json")
    assert vitx(*command).code == 0
    before = {path: path.read_bytes() for path in (place / "vitx-out").iterdir()}
    (place / "vitx-out" / "good.attention-rollout.png").mkdir()
    assert vitx(*command[:-1], "npz,json,png", "-o", "head_fusion=max").code == 1
    assert {path: path.read_bytes() for path in before} == before


# --- standard output


def redirected(where: str, *arguments: str) -> Said:
    command = ["sh", "-c", f'exec "$@" {where}', "sh", sys.executable, "-m", "vitxplain", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return Said(done.returncode, done.stdout, done.stderr)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", [["models"], ["models", "--json"]])
def test_standard_output_is_a_full_disk(place: Path, arguments: list[str]):
    said = redirected(">/dev/full", *arguments)
    refused(said, "what this command prints could not be written: No space left on device. Send it elsewhere.", code=1)


def test_standard_output_is_closed(place: Path):
    said = redirected(">&-", "models")
    assert (said.code, said.err) == (0, "")


def test_a_terminal_without_the_letters(vitx_process: Vitx, place: Path, vit_folder: Path, monkeypatch):
    """Names are escaped where they are printed and right on the disk."""
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    name = "ünï 猫.png"
    Path("good.png").rename(name)
    command = ("explain", name, "missing-猫.png", "--model", vit_folder, "--method", "rollout", "--format", "npz")
    said = vitx_process(*command)
    assert said.code == 1
    assert said.out.startswith("\\xfcn\\xef \\u732b.png  ")
    assert said.err.startswith("error: missing-\\u732b.png does not exist")
    assert Path("vitx-out/ünï 猫.attention-rollout.npz").is_file()
