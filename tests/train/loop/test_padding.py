"""Images of several sizes in one batch: what is beside an image changes neither its loss nor what is learnt of it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import transformers
from PIL import Image
from torch import nn

from tests.sweeps.detector_models import detector
from tests.sweeps.lively import lively
from tests.sweeps.segmenter_models import segmenter
from vitxplain.data.sample import UNLABELLED, DataSet, ExactBox, LabelledObject, Sample
from vitxplain.models.loading.load import load_model
from vitxplain.models.processors.whole_image import Pixels
from vitxplain.train.config.options import TrainOptions
from vitxplain.train.learning import objective_for
from vitxplain.train.network.open_dense import dense_trainable

SIZES = ((64, 96), (96, 64), (64, 64))  # height, width: whole places at a stride of 32


def sample(number: int) -> Sample:
    height, width = SIZES[number]
    pixels = np.random.default_rng(number).integers(0, 255, (height, width, 3), np.uint8)
    box = ExactBox(8.0 + number, 4.0, 40.0, 32.0)
    class_map = np.arange(height * width, dtype=np.int16).reshape(height, width) % 3
    class_map[0] = UNLABELLED
    thing = LabelledObject(number % 2, "ab"[number % 2], box)
    return Sample(Image.fromarray(pixels), 0, str(number), objects=(thing,), class_map=class_map)


@dataclass(frozen=True)
class Mixed(DataSet):
    """An image of each size."""

    name: str = "mixed"
    split: Any = "train"
    labels: tuple[str, ...] = ("a", "b")

    def __len__(self) -> int:
        return len(SIZES)

    def __getitem__(self, index: int) -> Sample:
        return sample(index)


def prepared(module: nn.Module, processor: Any, labels: tuple[str, ...], task: str) -> tuple[Any, Any]:
    model = load_model(module, processor=processor, labels=list("abcd"), device="cpu")
    trained = dense_trainable(model, labels, task)
    return trained, objective_for(trained, Mixed(), TrainOptions())


def test_a_detector_that_heeds_the_mask_has_the_loss_of_each_image_alone():
    module = detector("DetrForObjectDetection")
    with torch.no_grad():  # else convolutions carry what is beside an image over its edge
        for part in module.modules():
            if isinstance(part, nn.Conv2d) and part.kernel_size[0] > 1:
                around = torch.ones_like(part.weight)
                around[:, :, part.kernel_size[0] // 2, part.kernel_size[1] // 2] = 0
                part.weight.mul_(1 - around)
    processor = transformers.DetrImageProcessorPil(do_resize=False, do_pad=False)
    trained, objective = prepared(module, processor, ("a", "b"), "object-detection")
    assert trained.masked
    network, samples = trained.module.eval(), [sample(number) for number in range(3)]
    together = objective.collate(samples)
    assert together["pixel_values"].shape[-2:] == (96, 96)
    assert together["pixel_mask"].sum((1, 2)).tolist() == [height * width for height, width in SIZES]
    with torch.no_grad():
        loss = objective.loss(network, together)[0]
        alone = [objective.loss(network, objective.collate([one]))[0] for one in samples]
    torch.testing.assert_close(loss, torch.stack(alone).mean(), rtol=1e-5, atol=1e-5)  # one object each


def test_an_image_alone_is_given_twice_to_layers_that_normalise_over_the_batch():
    module = segmenter("UperNetForSemanticSegmentation")
    processor = Pixels(SIZES[0], (0.5,) * 3, (0.5,) * 3).transformers_processor()
    trained, objective = prepared(module, processor, ("a", "b", "c"), "image-segmentation")
    batch = objective.collate([sample(0)])
    assert torch.isfinite(objective.loss(trained.module.train(), batch)[0])
    with torch.no_grad():
        trained.module.eval()
        loss = objective.loss(trained.module, batch)[0]
        once = {key: value[:1] for key, value in batch.items()}
        torch.testing.assert_close(loss, objective.loss(trained.module, once)[0])


def test_a_segmenter_learns_nothing_beside_an_image():
    sizes = {"hidden_sizes": [8, 16, 16, 16], "depths": [1] * 4, "num_attention_heads": [1] * 4}
    config = transformers.SegformerConfig(num_labels=4, decoder_hidden_size=16, **sizes)
    module = lively(transformers.SegformerForSemanticSegmentation(config))
    processor = transformers.SegformerImageProcessorPil(do_resize=False)
    trained, objective = prepared(module, processor, ("a", "b", "c"), "image-segmentation")
    batch = objective.collate([sample(number) for number in range(3)])
    known = batch["labels"] != objective.unlabelled
    assert known.sum((1, 2)).tolist() == [(height - 1) * width for height, width in SIZES]
    logits = trained.module(pixel_values=batch["pixel_values"]).logits.detach().requires_grad_()
    network = trained.module.network
    network.decode_head.forward = lambda *_: logits
    objective.loss(trained.module, batch)[0].backward()
    for number, (height, width) in enumerate(SIZES):
        beside = logits.grad[number].clone()
        beside[:, : height // 4 + 1, : width // 4 + 1] = 0  # a place of the logits is 4 pixels; the next is blended in
        assert not beside.any()
        assert logits.grad[number].any()
