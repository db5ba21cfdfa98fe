"""torchvision's detectors and segmenters made ready to learn, with the losses that they tell themselves."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from tests.peers_site.box_operators import register
from tests.sweeps.lively import noise, settled
from tests.sweeps.torchvision_tasks import SIZE, detector, segmenter
from vitxplain import load_model
from vitxplain.data.load import load_data
from vitxplain.errors import ModelLoadError, UsageError
from vitxplain.models.loading import from_saved_folder
from vitxplain.models.loading.from_torchvision import TorchvisionAdapter
from vitxplain.models.objects.listed_boxes import ListedBoxes
from vitxplain.models.processors.simple_processor import statistics
from vitxplain.models.vision_model import VisionModel
from vitxplain.train.config.options import TrainOptions
from vitxplain.train.network.listed_network import ListedNetwork
from vitxplain.train.network.map_network import MapNetwork
from vitxplain.train.network.open_dense import dense_trainable
from vitxplain.train.run import train

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore:`torch.jit")]
BOXES = torch.tensor([[0.5, 0.5, 0.5, 0.5], [0.25, 0.5, 0.25, 0.75]])  # centre and size, in shares
EDGES = torch.tensor([[24.0, 16, 72, 48], [12, 8, 36, 56]])  # of an image of 64 x 96


@pytest.fixture(scope="module", autouse=True)
def operators() -> None:
    register()


def _truth(name: str) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """Of two objects, as transformers has it and as torchvision has it."""
    classes = torch.tensor([2, 0])
    masks = {"masks": torch.ones(2, *SIZE, dtype=torch.uint8)} if name == "MaskRCNN" else {}
    return {"class_labels": classes, "boxes": BOXES, **masks}, {"labels": classes + 1, "boxes": EDGES, **masks}


@pytest.mark.parametrize("name", ["FCOS", "FasterRCNN", "MaskRCNN", "RetinaNet", "SSD"])
def test_losses_are_those_of_the_library(name: str) -> None:
    module = detector(name)
    network, (truth, own) = ListedNetwork(ListedBoxes(module, first=1), None), _truth(name)
    images = noise(SIZE, 2).sigmoid()
    torch.manual_seed(1)
    expected = sum(module(list(images), [own, own]).values())
    torch.manual_seed(1)
    loss = network(images, labels=[truth, truth]).loss
    torch.testing.assert_close(loss, expected)
    padded = torch.nn.functional.pad(images, (0, 32, 0, 16))
    mask = torch.zeros(2, 80, 128, dtype=torch.long)
    mask[:, :64, :96] = 1
    torch.manual_seed(1)
    torch.testing.assert_close(network(padded, pixel_mask=mask, labels=[truth, truth]).loss, expected)
    network.eval()
    first, second = network(images, labels=[truth, truth]), network(images, labels=[truth, truth])
    assert torch.equal(first.loss, second.loss)
    assert first.logits.shape[-1] == 3
    assert not any(part.training for part in network.modules())


def test_the_loss_of_a_segmenter_leaves_unlabelled_pixels_out() -> None:
    network, images = MapNetwork(segmenter("FCN")).eval(), noise(SIZE, 2)
    labels = torch.zeros(2, *SIZE, dtype=torch.long)
    labels[:, :, 50:] = -100
    found = network(images, labels=labels)
    shares = network.network(images)["out"].log_softmax(1)
    torch.testing.assert_close(found.loss, -shares[:, 0, :, :50].mean())
    assert network(images).logits.shape == (2, 4, *SIZE)


def test_frozen_norms_of_trained_weights_stay_as_they_are() -> None:
    from torchvision.ops import FrozenBatchNorm2d

    name = "fasterrcnn_mobilenet_v3_large_320_fpn"
    trained = settled(TorchvisionAdapter().build(name, 4).detector.backbone, x=noise((64, 64), 4))
    module = TorchvisionAdapter().build(name, 4)
    module.detector.backbone.load_state_dict(trained.state_dict())
    for path, part in list(module.detector.named_modules()):
        if isinstance(part, nn.BatchNorm2d):
            frozen = FrozenBatchNorm2d(part.num_features, eps=0.0)
            frozen.load_state_dict(part.state_dict(), strict=False)
            module.detector.set_submodule(path, frozen)
    source = f"torchvision:{name}.COCO_V1"
    model = VisionModel(module.eval(), source, statistics([0.0] * 3, [1.0] * 3, (64, 64)), dict(enumerate("abcd")))
    model = TorchvisionAdapter().complete(model)
    made = dense_trainable(model, ("ant", "bee"), "object-detection")
    image = noise((64, 64), 1).sigmoid()
    before, after = module.detector.backbone(image), made.module.eval().network.detector.backbone(image)
    torch.testing.assert_close(before["0"], after["0"], rtol=1e-3, atol=1e-4)
    norms = [part for part in made.module.train().modules() if isinstance(part, nn.BatchNorm2d)]
    assert norms
    assert not any(part.training or part.weight.requires_grad for part in norms)
    assert made.module.network.num_classes == 2


def test_a_module_in_memory_is_refused() -> None:
    model = load_model(detector("FCOS"), mean=0.0, std=1.0, size=SIZE)
    with pytest.raises(ModelLoadError, match=r"FCOS is a module in memory.*give a model .*torchvision:NAME"):
        dense_trainable(model, ("ant", "bee"), "object-detection")


def untrained(folder: Path, name: str, size: list[int] | None) -> Path:
    """A saved folder with fresh weights."""
    facts = {"backend": "torchvision", "architecture": name, "num_classes": 5}
    torch.manual_seed(0)
    module = TorchvisionAdapter().build(name, 5)
    from_saved_folder.save(module, folder, {**facts, "input_size": size, "mean": [0.0] * 3, "std": [1.0] * 3})
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "size", "task", "figure"),
    [
        ("ssdlite320_mobilenet_v3_large", None, "object-detection", "map50"),
        ("lraspp_mobilenet_v3_large", [64, 64], "image-segmentation", "miou"),
    ],
)
def test_a_run_from_start_to_finish(name: str, size: list[int] | None, task: str, figure: str, tmp_path: Path) -> None:
    source = untrained(tmp_path / "source", name, size)
    short: Any = {"batch_size": 2, "eval_every": 2, "save_every": 1, "log_every": 1, "watch_every": 0}
    data: Any = {"data_options": {"size": (64, 64)}, "limit": 4, "device": "cpu"}
    result = train(str(source), "scenes", out=tmp_path / "run", options=TrainOptions(steps=2, **short), **data)
    model = load_model(result.folder, device="cpu")
    assert model.task.name == task
    assert list(model.labels.values()) == list(getattr(load_data("scenes", limit=1), _LABELS[task]))
    assert figure in result.metrics["validation"]
    wide = load_data("scenes", limit=1)[0].image.resize((96, 64))
    assert tuple(model.processor([wide]).shape[-2:]) == ((64, 64) if size else (64, 96))
    with pytest.raises(UsageError, match="has these classes already"):
        dense_trainable(str(result.folder), tuple(model.labels.values()), task, mode="head")
    with pytest.raises(UsageError, match=f"is a model for {task}, and cannot be trained for image-classification"):
        train(str(source), "digits", out=tmp_path / "no", task="image-classification")


_LABELS = {"object-detection": "object_labels", "image-segmentation": "map_labels"}
