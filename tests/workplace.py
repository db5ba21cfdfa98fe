"""Folders in which examples, notebook and README run as written: photographs, and a model under the name they load."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODEL = Path("facebook", "deit-tiny-patch16-224")
DETECTOR = Path("PekingU", "rtdetr_r18vd")


@pytest.fixture(scope="session")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the examples, and small random models under the names they load."""
    from transformers import ViTImageProcessor

    from tests.sweeps.detector_models import detector

    folder = _workplace(tmp_path_factory.mktemp("workplace"), layers=12)
    detector("RTDetrForObjectDetection").save_pretrained(folder / DETECTOR)
    ViTImageProcessor(size={"height": 64, "width": 64}).save_pretrained(folder / DETECTOR)
    return folder


@pytest.fixture
def workplace_of_two_layers(tmp_path: Path) -> Path:
    """The same with a classifier of two layers alone, for what takes its time with each layer."""
    return _workplace(tmp_path, layers=2)


def _workplace(folder: Path, layers: int) -> Path:
    import torch
    from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor

    (folder / "examples").symlink_to(ROOT / "examples")
    torch.manual_seed(0)
    config = ViTConfig(hidden_size=24, num_hidden_layers=layers, num_attention_heads=3, intermediate_size=48)
    config.id2label = {index: f"class {index}" for index in range(1000)} | {967: "espresso", 968: "cup"}
    config.label2id = {name: index for index, name in config.id2label.items()}
    ViTForImageClassification(config).save_pretrained(folder / MODEL)
    ViTImageProcessor().save_pretrained(folder / MODEL)
    return folder


@pytest.fixture(scope="session")
def real_workplace(deit_tiny: Path, shared_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with the trained model."""
    folder = tmp_path_factory.mktemp("real-workplace")
    (folder / "examples").symlink_to(ROOT / "examples")
    (folder / MODEL.parent).mkdir()
    (folder / MODEL).symlink_to(deit_tiny)
    return folder
