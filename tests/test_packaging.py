"""The built wheel works where only what it asks for is installed: no extra, no network, no checkout."""

import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterable
from importlib.metadata import Distribution, PathDistribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from vitxplain.models.known_models import NAMES

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.mark.slow
def test_wheel_holds_the_package_and_nothing_else(wheel: Path):
    names = set(zipfile.ZipFile(wheel).namelist())
    inside = {name for name in names if ".dist-info/" not in name}
    sources = {f"vitxplain/{path.relative_to(ROOT / 'src/vitxplain')}" for path in (ROOT / "src").rglob("*.py")}
    weights = {f"vitxplain/demo_models/{name}/model.safetensors" for name in NAMES}
    data = {"vitxplain/py.typed", "vitxplain/data/synthetic/digits.npz", "vitxplain/inspect/static/viewer.js"}
    assert sources | weights | data <= inside
    assert not {name for name in inside if "node_modules" in name or name.startswith("vitxplain/inspect/viewer/")}
    assert {name.split("/")[0] for name in inside} == {"vitxplain"}
    assert any(name.endswith("licenses/LICENSE") for name in names)


def needed(requirements: Iterable[str]) -> list[Distribution]:
    """What is installed here of these requirements and of what those require in turn, extras only where asked for."""
    waiting, found = [(Requirement(one), "") for one in requirements], {}
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
            continue
        for wanted in ("", *requirement.extras):
            key = canonicalize_name(requirement.name), wanted
            if key not in found:
                found[key] = distribution(requirement.name)
                waiting += [(Requirement(one), wanted) for one in found[key].requires or ()]
    return list({name: one for (name, _), one in found.items()}.values())


def linked(distributions: Iterable[Distribution], packages: Path) -> None:
    """The files of these distributions in another environment, as links: an installation takes minutes."""
    for one in distributions:
        for file in one.files or ():
            if ".." not in file.parts:
                place = packages / file
                place.parent.mkdir(parents=True, exist_ok=True)
                place.symlink_to(file.locate())


@pytest.mark.slow
def test_wheel_explains_where_only_what_it_asks_for_is_installed(wheel: Path, workplace: Path, tmp_path: Path):
    venv.create(tmp_path / "venv")
    programs = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    pip = [sys.executable, "-m", "pip", "--python", programs / "python"]
    subprocess.run([*pip, "install", "-q", "--no-deps", wheel], check=True, env=clean, capture_output=True)
    (ours,) = (tmp_path / "venv").rglob("vitxplain-*.dist-info")
    linked(needed(PathDistribution(ours).requires or ()), ours.parent)
    done = subprocess.run([*pip, "check"], env=clean, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout

    shutil.copytree(workplace / "facebook", tmp_path / "facebook")
    photo, maps = workplace / "examples" / "coffee.jpg", tmp_path / "maps"
    model = ["--model", "facebook/deit-tiny-patch16-224", "--method", "auto,rollout"]
    command = [programs / "vitx", "explain", photo, *model, "--json", "--out", maps]
    done = subprocess.run(command, env=clean, cwd=tmp_path, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    methods = [json.loads(line)["method"] for line in done.stdout.splitlines()]
    assert methods == ["affinity-attention", "attention-rollout"]
    expected = {f"coffee.{method}.{ending}" for method in methods for ending in ("png", "npz", "json")}
    assert {path.name for path in maps.iterdir()} == expected

    demo = subprocess.run(
        [programs / "vitx", "demo", "--json", "--out", tmp_path / "demo"], env=clean, capture_output=True, text=True
    )
    assert demo.returncode == 0, demo.stderr
    rows = [json.loads(line) for line in demo.stdout.splitlines()]
    assert {row["model"] for row in rows} == {"demo-vit", "demo-cnn", None}
    assert (tmp_path / "demo" / "index.html").stat().st_size > 100_000
