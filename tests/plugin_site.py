"""Packages as pip leaves them, written by hand: a module and a dist-info in a folder on sys.path."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

GOOD = '''
from dataclasses import dataclass
from vitxplain.explainers.base import Explainer

@dataclass(frozen=True)
class Brightness(Explainer):
    """How bright each pixel is (nobody 2020)."""

    gain: float = 1.0
    needs = frozenset()
    axes = "batch row column"
    class_specific = False

    def explain(self, model, pixel_values, target=None):
        return self.gain * pixel_values.mean(1)
'''


def add_package(site: Path, name: str, source: str, points: dict[str, str], kind: str = "explainers") -> None:
    """One installed package with a module of the same name; `points` are its entry points."""
    module = name.replace("-", "_")
    site.mkdir(exist_ok=True)
    (site / f"{module}.py").write_text(source)
    info = site / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nSummary: Summary of {name}\n")
    lines = "".join(f"{point} = {module}:{target}\n" for point, target in points.items())
    (info / "entry_points.txt").write_text(f"[vitxplain.{kind}]\n{lines}")


@pytest.fixture
def plugin_site(tmp_path: Path) -> Path:
    """A folder with a working plugin and five that each go wrong in their own way."""
    folder = tmp_path / "site"
    add_package(folder, "good-plugin", GOOD, {"brightness": "Brightness"})
    add_package(folder, "raising-plugin", "raise RuntimeError('no licence file')", {"raising": "Method"})
    add_package(folder, "exiting-plugin", "import sys; sys.exit('sorry')", {"exiting": "Method"})
    add_package(folder, "missing-plugin", "import a_library_nobody_has", {"missing": "Method"})
    add_package(folder, "empty-plugin", "", {"empty": "Method"})
    add_package(folder, "other-plugin", "Method = dict", {"other": "Method"})
    return folder


@pytest.fixture
def plugins(plugin_site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The same, installed."""
    monkeypatch.syspath_prepend(str(plugin_site))
    yield plugin_site
    for name in [name for name in sys.modules if name.endswith("_plugin")]:
        del sys.modules[name]
