"""Pipelines, trainers and learners: their network, their processor, their classes."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from PIL import Image
from torch import nn

from tests.models.tiny_vit import tiny_vit
from vitxplain import explain, load_model
from vitxplain.errors import ModelLoadError

IMAGE = Image.linear_gradient("L").convert("RGB")


def image_processor() -> transformers.ViTImageProcessorPil:
    return transformers.ViTImageProcessorPil(
        size={"height": 32, "width": 32}, image_mean=[0.2] * 3, image_std=[0.4] * 3
    )


def test_a_pipeline_brings_its_processor() -> None:
    module, processor = tiny_vit(), image_processor()
    pipe = transformers.pipeline("image-classification", model=module, image_processor=processor, device="cpu")
    found = explain(pipe, IMAGE, "attention-rollout")
    expected = explain(load_model(module, processor=processor), IMAGE, "attention-rollout")
    np.testing.assert_array_equal(found.values, expected.values)
    top = pipe(IMAGE, top_k=1)[0]
    assert (found.prediction.names[0], found.prediction.probabilities[0]) == (
        top["label"],
        pytest.approx(top["score"], abs=1e-5),
    )


def test_a_trainer_brings_its_processing_class(tmp_path: Any) -> None:
    arguments = transformers.TrainingArguments(output_dir=str(tmp_path), use_cpu=True, report_to=[])
    trainer = transformers.Trainer(model=tiny_vit(), args=arguments, processing_class=image_processor())
    assert load_model(trainer).processor.input_size == (32, 32)


class Data:
    """What fastai's DataLoaders offer: names of classes, and validation transforms for new items."""

    def __init__(self, vocab: Any, mean: float = 0.0) -> None:
        self.vocab, self.mean = vocab, mean

    def test_dl(self, items: list[np.ndarray], **_: Any) -> list[tuple[torch.Tensor]]:
        pictures = [np.asarray(Image.fromarray(item).resize((16, 16)), np.float32) / 255 for item in items]
        return [(torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2) - self.mean,)]


def network() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))


def test_a_learner_brings_classes_and_the_transforms_of_its_data() -> None:
    module = network()
    learner = SimpleNamespace(model=module, dls=Data(["cat", "dog"], mean=0.3))
    found = explain(learner, IMAGE, "grad-cam", target="dog")
    expected = explain(load_model(module, mean=0.3, std=1.0, size=16), IMAGE, "grad-cam", target=1)
    assert found.target is not None
    assert found.target.name == "dog"
    np.testing.assert_allclose(found.values, expected.values, atol=0.02)  # of another resampling


def test_a_learner_whose_data_is_gone_says_what_to_give() -> None:
    class Gone(Data):
        def test_dl(self, items: list[np.ndarray], **_: Any) -> Any:
            raise RuntimeError("no pipeline")

    with pytest.raises(ModelLoadError, match=r"learner's data makes no input .*\(no pipeline\).*mean="):
        load_model(SimpleNamespace(model=network(), dls=Gone(["cat", "dog"])))


@pytest.mark.parametrize(
    ("loss", "shown"),
    [
        (nn.BCEWithLogitsLoss(), torch.sigmoid),
        (nn.MSELoss(), torch.Tensor.clone),
        (nn.CrossEntropyLoss(), lambda scores: scores.softmax(1)),
        (SimpleNamespace(func=nn.BCEWithLogitsLoss()), torch.sigmoid),  # as fastai wraps them
    ],
    ids=["multi-label", "regression", "classes", "wrapped"],
)
def test_the_loss_of_a_learner_says_what_its_scores_are(loss: Any, shown: Any) -> None:
    module, pixels = network(), torch.randn(1, 3, 16, 16)
    learner = SimpleNamespace(model=module, dls=Data(["cat", "dog"]), loss_func=loss)
    found = explain(learner, pixels, "grad-cam")[0].prediction
    numbers = dict(zip(found.names, found.probabilities, strict=True))
    with torch.no_grad():
        expected = shown(module.eval()(pixels))[0].tolist()
    assert [numbers["cat"], numbers["dog"]] == pytest.approx(expected, abs=1e-5)


def test_what_a_network_ends_in_goes_before_its_loss() -> None:
    module = nn.Sequential(network(), nn.Softmax(1))
    learner = SimpleNamespace(model=module, dls=Data(["cat", "dog"]), loss_func=nn.BCEWithLogitsLoss())
    assert sum(explain(learner, torch.randn(3, 16, 16), "grad-cam").prediction.probabilities) == pytest.approx(1)


def test_classes_may_be_numbers() -> None:
    learner = SimpleNamespace(model=network(), dls=Data([3, 8]))
    assert load_model(learner).labels == {0: "3", 1: "8"}
