"""What every test may rely on: no network, no window, fixed seeds, shapes checked at run time.

Fixtures: `shared_folder` (real weights and photographs beside the checkout), `deit_tiny` (a folder in it), `cat`
(a real photograph). Whoever asks for the first two is marked `real`.
"""

import os
import runpy
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PEERS_SITE = ROOT / "tests" / "peers_site"
PEERS = ("timm", "torchvision", "pytorch_grad_cam")

# Read when the libraries are imported, here and in the processes tests start.
os.environ.update(
    HF_HUB_OFFLINE="1",
    HF_HUB_DISABLE_PROGRESS_BARS="1",
    HF_HOME=str(ROOT / ".pytest_cache" / "huggingface"),  # what a developer has downloaded decides no test
    VITXPLAIN_DISABLE_PROBE_CACHE="1",  # what an earlier test found decides no other
    MPLBACKEND="Agg",
    TOKENIZERS_PARALLELISM="false",
    PYTHONPATH=os.pathsep.join(filter(None, [str(PEERS_SITE), os.environ.get("PYTHONPATH")])),
)
for name in ("COLUMNS", "LINES"):  # the width of a developer's terminal, or what pytest-xdist makes of it, neither
    os.environ.pop(name, None)
if "PYTEST_XDIST_WORKER" in os.environ:  # the workers share the cores; threads of each would only wait for the others'
    os.environ["OMP_NUM_THREADS"] = "1"

import jaxtyping  # noqa: E402

import tests.shapes  # noqa: E402

tests.shapes.install()
runpy.run_path(str(PEERS_SITE / "sitecustomize.py"))  # before anything imports torchvision

import pytest  # noqa: E402
from PIL import Image  # noqa: E402

from tests.plugin_site import plugin_site, plugins  # noqa: E402, F401 - fixtures
from tests.workplace import real_workplace, workplace, workplace_of_two_layers  # noqa: E402, F401 - fixtures


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "shared_folder" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.real)


def pytest_runtest_setup(item: pytest.Item) -> None:
    missing = [name for name in PEERS if find_spec(name) is None]
    if missing and item.get_closest_marker("peers"):
        pytest.skip(f"needs {', '.join(missing)} (the extra `peers`)")


@pytest.fixture(autouse=True)
def _seeded() -> None:
    import torch

    torch.manual_seed(0)


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """The folder `shared` beside the checkout."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("needs real weights and photographs in a folder `shared` beside the checkout")
    return folder


@pytest.fixture(scope="session")
def deit_tiny(shared_folder: Path) -> Path:
    """A trained ImageNet model: DeiT-Tiny, 224 px."""
    return shared_folder / "models" / "deit-tiny-patch16-224"


@pytest.fixture(scope="session")
def cat() -> Image.Image:
    """A photograph of a cat, 300 x 451 pixels (height x width)."""
    from skimage import data

    return Image.fromarray(data.chelsea())


@pytest.fixture
def unchecked() -> Iterator[None]:
    """Types are not checked at run time, as outside the tests: what a user meets is our own check."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)
