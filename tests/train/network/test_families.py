"""Every family of detectors and segmenters learns: what is true reaches its loss as it takes it, and the loss falls."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from PIL import Image
from torch import Tensor

from tests.sweeps import detector_models, segmenter_models
from vitxplain.data.sample import UNLABELLED, DataSet, ExactBox, LabelledObject, Sample
from vitxplain.errors import VitxplainError
from vitxplain.models.loading.load import load_model
from vitxplain.models.processors.whole_image import Pixels
from vitxplain.train.config.options import TrainOptions
from vitxplain.train.learning import labels_of, objective_for
from vitxplain.train.network.open_dense import dense_trainable

pytestmark = pytest.mark.slow

OBJECTS, PIXELS = "object-detection", "image-segmentation"
WITH_TEXT = ("GroundingDino", "MMGroundingDino", "OmDetTurbo")
DETECTORS = [one for one in detector_models.DETECTORS if "Segmentation" not in one and not one.startswith(WITH_TEXT)]
TOLD = "OneFormerForUniversalSegmentation"  # its task, in words
STEPS, FALLEN = 12, 0.97  # at most so many, until the loss is this share of the first
BOX = ExactBox(16.0, 8.0, 48.0, 40.0)  # of the one object on each image


@dataclass(frozen=True)
class TwoImages(DataSet):
    """A bright square on noise; the lowest rows of the map belong to no class."""

    size: tuple[int, int]  # height, width
    name: str = "two"
    split: Any = "train"
    labels: tuple[str, ...] = ("square", "none")
    object_labels: tuple[str, ...] = ("square", "round")
    map_labels: tuple[str, ...] = ("background", "square", "round")

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> Sample:
        if index >= len(self):
            raise IndexError(index)
        left, top, right, bottom = map(int, BOX)
        pixels = np.random.default_rng(index).integers(0, 80, (*self.size, 3), np.uint8)
        mask = np.zeros(self.size, bool)
        mask[top:bottom, left:right] = True
        pixels[mask] += 150
        class_map = mask.astype(np.int16)
        class_map[-4:] = UNLABELLED
        square = LabelledObject(0, "square", BOX, mask)
        return Sample(Image.fromarray(pixels), 0, str(index), objects=(square,), class_map=class_map)


def prepared(name: str, task: str) -> tuple[Any, Any, TwoImages]:
    """The family's network for the data, what trains it, and the data."""
    detects = task == OBJECTS
    size = detector_models.SIZE if detects else segmenter_models.SIZES.get(name, segmenter_models.SIZE)
    module = detector_models.detector(name) if detects else segmenter_models.segmenter(name)
    pixels = Pixels(size, (0.5,) * 3, (0.5,) * 3).transformers_processor()
    processor = segmenter_models.told_its_task() if name == TOLD else pixels
    model = load_model(module, processor=processor, labels=list("abcd"), device="cpu")
    data = TwoImages(size)
    trained = dense_trainable(model, labels_of(task, data), task)
    return trained, objective_for(trained, data, TrainOptions()), data


def losses(network: torch.nn.Module, objective: Any, batch: dict[str, Any]) -> list[float]:
    """Of a few steps on one batch, the same random numbers in each, until it has fallen."""
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    values = []
    for _ in range(STEPS):
        torch.manual_seed(0)
        optimizer.zero_grad()
        loss, _right = objective.loss(network, batch)
        loss.backward()
        optimizer.step()
        values.append(loss.item())
        if values[-1] < FALLEN * values[0]:
            break
    return values


@pytest.mark.parametrize("name", DETECTORS)
def test_detectors(name: str):
    trained, objective, data = prepared(name, OBJECTS)
    batch = objective.collate([data[0], data[1]])
    height, width = data.size
    box = torch.tensor([[32 / width, 24 / height, 32 / width, 32 / height]])
    for labels in batch["labels"]:
        assert labels["class_labels"].tolist() == [0]
        torch.testing.assert_close(labels["boxes"], box)
    falling(losses(trained.module.train(), objective, batch))


@pytest.mark.parametrize("name", segmenter_models.SEGMENTERS)
def test_segmenters(name: str):
    trained, objective, data = prepared(name, PIXELS)
    batch = objective.collate([data[0], data[1]])
    class_map = torch.from_numpy(data[0].class_map.astype(np.int64))
    masks = torch.stack([class_map == number for number in (0, 1)])
    for number in range(2):
        if "mask_labels" in batch:
            assert batch["class_labels"][number].tolist() == [0, 1]
            assert torch.equal(batch["mask_labels"][number], masks.float())
        elif isinstance(batch["labels"], Tensor):
            ignored = objective.unlabelled
            assert torch.equal(batch["labels"][number], class_map.where(class_map != UNLABELLED, ignored))
        else:
            labels, (height, width) = batch["labels"][number], data.size
            assert labels["class_labels"].tolist() == [0, 1]
            assert torch.equal(labels["masks"], masks.float())
            rows = height - 4  # without those of no class
            whole, box = [0.5, rows / 2 / height, 1, rows / height], [32 / width, 24 / height, 32 / width, 32 / height]
            torch.testing.assert_close(labels["boxes"], torch.tensor([whole, box]))
    falling(losses(trained.module.train(), objective, batch))


def falling(values: list[float]) -> None:
    assert np.isfinite(values).all(), values
    assert values[-1] < FALLEN * values[0], values


def test_those_that_cannot_learn_are_refused():
    with pytest.raises(VitxplainError, match="wants text"):
        dense_trainable(detector_models.detector("GroundingDinoForObjectDetection"), ("square",), OBJECTS)
    pixels = Pixels((64, 96), (0.5,) * 3, (0.5,) * 3).transformers_processor()
    with pytest.raises(
        VitxplainError, match="its task in words .* nothing says how words become its input; .*tokenizer"
    ):
        dense_trainable(load_model(segmenter_models.segmenter(TOLD), processor=pixels), ("square",), PIXELS)


def test_a_segmenter_that_is_told_its_task_learns_from_texts_of_what_an_image_shows():
    trained, objective, data = prepared(TOLD, PIXELS)
    network, batch = trained.module, objective.collate([data[0], data[1]])
    shown = (torch.tensor([0, 2]), torch.ones(2, 4, 4))
    named = ["a photo with a background", "a photo with a round"]
    assert objective.texts.of_image(*shown) == named + ["an panoptic photo"] * 8  # as many as queries
    assert batch["text_inputs"].shape == (2, 10, 77)
    texts = [weight for name, weight in network.named_parameters() if ".text_mapper." in name]
    loss, _ = objective.loss(network.train(), batch)
    loss.backward()
    assert texts
    assert sum(float(weight.grad.abs().sum()) for weight in texts if weight.grad is not None) > 0
    inner = network.network
    assert not inner.config.is_training
    assert not inner.model.is_training  # used, it wants no texts
    other = torch.zeros_like(batch["text_inputs"])
    torch.manual_seed(0)
    first = objective.loss(network.eval(), batch)[0]
    torch.manual_seed(0)
    assert objective.loss(network, batch | {"text_inputs": other})[0] == first


def test_without_a_loss_of_its_own_a_segmenter_learns_by_its_pixels():
    trained, objective, data = prepared("DPTForSemanticSegmentation", PIXELS)  # the library's wants an auxiliary head
    assert "tells no loss (UnboundLocalError" in trained.notes[-1]
    batch = objective.collate([data[0]])
    loss, _ = objective.loss(trained.module.eval(), batch)
    logits = trained.module.network(pixel_values=batch["pixel_values"]).logits
    assert logits.shape[-2:] == batch["labels"].shape[-2:]
    there = (batch["labels"] < len(data.map_labels))[0]
    shares = logits.log_softmax(1)[0][:, there]
    torch.testing.assert_close(loss, -shares.gather(0, batch["labels"][0, there][None]).mean())
    config = transformers.DPTConfig(**trained.module.network.config.to_dict() | {"use_auxiliary_head": True})
    whole = load_model(
        transformers.DPTForSemanticSegmentation(config), processor=trained.processor, labels=list(data.map_labels)
    )
    assert not any("loss" in note for note in dense_trainable(whole, data.map_labels, PIXELS).notes)
