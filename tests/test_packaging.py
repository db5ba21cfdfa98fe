"""The built wheel works where nothing else is installed: an empty environment, no network, no checkout."""

import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

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


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_wheel_explains_in_an_empty_environment(wheel: Path, workplace: Path, tmp_path: Path):
    venv.create(tmp_path / "venv", with_pip=True)
    programs = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    install = [programs / "pip", "install", "-q", "-c", ROOT / "constraints.txt", wheel]
    subprocess.run(install, check=True, env=clean, capture_output=True)

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
