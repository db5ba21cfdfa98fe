"""Libraries of models as plugins: an installed package, found by its entry point."""

import json
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from vitxplain import registry
from vitxplain.errors import ModelLoadError, PluginError, UnknownNameError
from vitxplain.models.loading.load import load_model

CODE = """
import torch
from torch import nn
from vitxplain.models.loading.adapter import Adapter, unknown_name
from vitxplain.models.processors.simple_processor import statistics
from vitxplain.models.vision_model import VisionModel

def small(num_classes):
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, num_classes))

class Mine(Adapter):
    def load(self, name, request):
        if name not in self.names():
            raise unknown_name(name, "mylib", self.names())
        size = request.image_size or (16, 24)
        return VisionModel(small(5).eval(), f"mylib:{name}", statistics((0.5,) * 3, (0.5,) * 3, size), {})

    def names(self):
        return ["small", "smaller"]

    def build(self, architecture, num_classes):
        return small(num_classes)

class Bare(Adapter):
    def load(self, name, request):
        raise NotImplementedError

class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = small(5)

    def forward(self, pixels):
        return self.body(pixels)

class Claiming(Bare):
    def claims(self, module):
        return isinstance(module, Network)

    def wrap(self, module, request):
        size = request.image_size or (16, 24)
        return VisionModel(module, "mine", statistics((0.5,) * 3, (0.5,) * 3, size), {})

class Raising(Bare):
    def claims(self, module):
        raise RuntimeError("no licence file")
"""
POINTS = """[vitxplain.adapters]
mylib = vitxplain_mylib:Mine
barelib = vitxplain_mylib:Bare
brokenlib = vitxplain_nowhere:Adapter
"""


@pytest.fixture(autouse=True)
def points(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The entry points of a package that was just installed, as a file to add to."""
    site = tmp_path / "site"
    metadata = site / "vitxplain_mylib-1.0.dist-info"
    metadata.mkdir(parents=True)
    (site / "vitxplain_mylib.py").write_text(CODE)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: vitxplain-mylib\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(POINTS)
    monkeypatch.syspath_prepend(str(site))
    sys.modules.pop("vitxplain_mylib", None)
    return metadata / "entry_points.txt"


def _add(points: Path, lines: str) -> None:
    points.write_text(POINTS + lines)
    registry._scan.cache_clear()  # a real install touches the folder it goes to


def test_a_prefix_finds_its_library() -> None:
    model = load_model("mylib:small")
    assert model.source == "mylib:small"
    assert model.processor.input_size == (16, 24)
    assert model.labels[4] == "LABEL_4"
    assert load_model("mylib:small", image_size=32).processor.input_size == (32, 32)


def test_near_names() -> None:
    with pytest.raises(UnknownNameError, match="mylib has no trained classifier called 'smal'. Did you mean small"):
        load_model("mylib:smal")


def test_a_broken_library_is_named() -> None:
    with pytest.raises(PluginError, match="vitxplain-mylib 1.0"):
        load_model("brokenlib:x")


def _save(folder: Path, **changes: object) -> Path:
    from vitxplain_mylib import small

    folder.mkdir(exist_ok=True)
    manifest = {
        "backend": "mylib",
        "architecture": "small",
        "num_classes": 3,
        "labels": {"0": "a", "1": "b", "2": "c"},
        "input_size": [20, 30],
        "mean": [0.5, 0.4, 0.3],
        "std": [1, 1, 1],
    } | changes
    (folder / "vitxplain.json").write_text(json.dumps(manifest))
    save_file(small(3).state_dict(), folder / "model.safetensors")
    return folder


def test_a_saved_backbone_opens_again(tmp_path: Path) -> None:
    from vitxplain_mylib import small

    model = load_model(_save(tmp_path / "run"))
    assert model.labels == {0: "a", 1: "b", 2: "c"}
    assert model.processor.input_size == (20, 30)
    pixels = torch.randn(1, 3, 20, 30)
    torch.testing.assert_close(model.logits(pixels), small(3).eval()(pixels))
    assert load_model(tmp_path / "run", image_size=40).processor.input_size == (40, 40)


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"num_classes": 4}, ModelLoadError, "are not those of mylib:small with 4 classes"),
        ({"backend": "barelib"}, ModelLoadError, "cannot open saved folders"),
        ({"backend": "otherlib"}, UnknownNameError, "otherlib"),
    ],
)
def test_folders_that_do_not_fit(tmp_path: Path, changes: dict, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        load_model(_save(tmp_path / "run", **changes))


def test_manifests_that_cannot_be_read(tmp_path: Path) -> None:
    folder = _save(tmp_path / "run")
    (folder / "vitxplain.json").write_text('{"backend": "mylib", "architecture": "small"}')
    with pytest.raises(ModelLoadError, match="lacks num_classes, input_size, mean, std"):
        load_model(folder)
    (folder / "vitxplain.json").write_text("{")
    with pytest.raises(ModelLoadError, match="not a description of a saved model: Expecting"):
        load_model(folder)


def test_a_saved_folder_without_weights(tmp_path: Path) -> None:
    folder = _save(tmp_path / "run")
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelLoadError, match="no weights"):
        load_model(folder)


# --- modules in memory


def test_a_module_is_wrapped_by_the_adapter_that_claims_it(points: Path) -> None:
    from vitxplain_mylib import Network, small

    _add(points, "claiming = vitxplain_mylib:Claiming\n")
    module = Network().train()
    model = load_model(module)
    assert model.source == "mine"
    assert model.module is module
    assert module.training
    assert model.processor.input_size == (16, 24)
    assert model.labels[4] == "LABEL_4"
    assert load_model(module, image_size=32).processor.input_size == (32, 32)
    with pytest.raises(ModelLoadError, match="Sequential does not say how images become its input"):
        load_model(small(5))


def test_a_claim_goes_before_the_way_of_plain_modules(points: Path) -> None:
    from vitxplain_mylib import Network

    stated = {"mean": 0.5, "std": 0.5, "size": 32}
    assert load_model(Network(), **stated).source == "Network"
    _add(points, "claiming = vitxplain_mylib:Claiming\n")
    assert load_model(Network(), **stated).source == "mine"


@pytest.mark.parametrize(
    "broken", ["aaa = vitxplain_nowhere:Adapter", "aaa = vitxplain_mylib:Raising", "aaa = json:dumps"]
)
def test_a_broken_adapter_does_not_touch_other_modules(points: Path, broken: str) -> None:
    from vitxplain_mylib import Network, small

    _add(points, f"{broken}\nclaiming = vitxplain_mylib:Claiming\n")
    assert load_model(Network()).source == "mine"
    assert load_model(small(5), mean=0.5, std=0.5, size=32).source == "Sequential"


def test_a_broken_adapter_is_named_where_the_module_is_of_its_library(points: Path) -> None:
    from vitxplain_mylib import Network

    _add(points, "vitxplain_mylib = vitxplain_mylib:Raising\n")
    with pytest.raises(PluginError, match=r"'vitxplain_mylib' of vitxplain-mylib 1\.0 fails .*no licence file"):
        load_model(Network())


def test_an_adapter_that_claims_must_wrap(points: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import vitxplain_mylib

    _add(points, "claiming = vitxplain_mylib:Claiming\n")
    monkeypatch.delattr(vitxplain_mylib.Claiming, "wrap")
    with pytest.raises(ModelLoadError, match="Claiming claims Network but cannot wrap it"):
        load_model(vitxplain_mylib.Network())


def test_the_adapter_of_a_modules_own_library_is_asked_alone(points: Path) -> None:
    from vitxplain_mylib import Network

    _add(points, "vitxplain_mylib = vitxplain_mylib:Claiming\naaa = vitxplain_never:Adapter\n")
    (points.parents[1] / "vitxplain_never.py").write_text("class Adapter: ...\n")
    assert load_model(Network()).source == "mine"
    assert "vitxplain_never" not in sys.modules


def test_wrapping_imports_no_library(points: Path) -> None:
    from vitxplain_mylib import small

    libraries = {"timm", "torchvision"} & set(sys.modules)
    load_model(small(5), mean=0.5, std=0.5, size=32)
    assert {"timm", "torchvision"} & set(sys.modules) == libraries
