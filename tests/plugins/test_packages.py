"""The packages of plugins/: built as wheels, installed into an environment of their own, and used from there."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {
    "vitxplain-compared": {"ensemble", "legrad", "mirror-average", "token-transformation"},
    "vitxplain-perturbation": {"occlusion", "rise"},
    "vitxplain-received-attention": {"received-attention"},
}
NOT_FROM_A_PAPER = {"ensemble", "mirror-average"}
FRUGAL = ["-o", "num_masks=64", "-o", "window=8,8"]

pytestmark = pytest.mark.slow


def test_these_are_all_packages():
    assert {folder.name for folder in (ROOT / "plugins").iterdir() if (folder / "pyproject.toml").exists()} == set(
        PACKAGES
    )


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One wheel a package, built with the backend that is installed here."""
    folder = tmp_path_factory.mktemp("wheels")
    sources = [str(ROOT / "plugins" / name) for name in PACKAGES]
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), *sources)
    return folder


@pytest.fixture(scope="module")
def python(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a new environment that sees the libraries of this one, with the wheels installed by pip."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    interpreter = folder / "bin" / "python"
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    here = sysconfig.get_path("purelib")
    (packages / "libraries.pth").write_text(f"import site; site.addsitedir({here!r})\n")
    pip("--python", str(interpreter), "install", "--no-deps", "--no-index", *map(str, wheels.glob("*.whl")))
    return interpreter


def pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def run(python: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "160"}
    return subprocess.run(
        [python, *arguments], cwd=cwd, capture_output=True, text=True, check=False, env=environment, timeout=500
    )


@pytest.mark.parametrize("name", PACKAGES)
def test_wheel_holds_the_module_the_licence_and_the_entry_points(wheels: Path, name: str):
    (wheel,) = wheels.glob(f"{name.replace('-', '_')}-*.whl")
    with ZipFile(wheel) as archive:
        files = archive.namelist()
        (points,) = [archive.read(file).decode() for file in files if file.endswith("entry_points.txt")]
    assert any(file.startswith(name.replace("-", "_")) and file.endswith(".py") for file in files)
    assert any(file.endswith("LICENSE") for file in files)
    assert not [file for file in files if "tests" in file]
    assert {line.split(" = ")[0] for line in points.splitlines() if " = " in line} == PACKAGES[name]


def test_installed_methods_are_listed_with_their_package(python: Path, tmp_path: Path):
    said = run(python, "-m", "vitxplain", "methods", "--json", cwd=tmp_path)
    assert said.returncode == 0, said.stderr
    rows = {row["method"]: row for row in map(json.loads, said.stdout.splitlines())}
    for package, names in PACKAGES.items():
        for name in names:
            assert rows[name]["packages"] == [f"{package} 0.1.0"]
            assert rows[name]["summary"]
            assert ("arXiv" in rows[name]["summary"]) is (name not in NOT_FROM_A_PAPER)
    said = run(python, "-m", "vitxplain", "info", "--json", cwd=tmp_path)
    states = {plugin["name"]: plugin["error"] for plugin in json.loads(said.stdout)["plugins"]}
    assert set(states.values()) == {None}
    assert PACKAGES["vitxplain-perturbation"] < states.keys()


@pytest.mark.parametrize(
    ("model", "methods"), [("vit_folder", "rise,occlusion,received-attention"), ("cnn_folder", "rise,occlusion")]
)
def test_installed_methods_explain(
    python: Path, tmp_path: Path, model: str, methods: str, request: pytest.FixtureRequest
):
    folder = request.getfixturevalue(model)
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)).save(tmp_path / "cat.png")
    said = run(
        python,
        *("-m", "vitxplain", "explain", "cat.png", "--model", str(folder), "--method", methods, *FRUGAL, "--json"),
        cwd=tmp_path,
    )
    assert said.returncode == 0, said.stderr
    lines = [json.loads(line) for line in said.stdout.splitlines()]
    assert [line["method"] for line in lines] == methods.split(",")
    for line in lines:
        for file in line["files"]:
            assert (tmp_path / file).stat().st_size > 0


@pytest.mark.parametrize("name", PACKAGES)
def test_package_passes_its_own_tests(python: Path, tmp_path: Path, name: str):
    tests = ROOT / "plugins" / name / "tests"
    said = run(
        python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tests), str(tests), cwd=tmp_path
    )
    assert said.returncode == 0, said.stdout
