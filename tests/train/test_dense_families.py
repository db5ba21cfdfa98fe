"""Every detector and segmenter of transformers learns: by its own loss, from objects and from an image without any."""

from typing import Any

import numpy as np
import pytest
import torch
import transformers
from PIL import Image

from tests.sweeps.detector_models import DETECTORS, detector, swin
from vitxplain.data.sample import Sample
from vitxplain.data.synthetic.scenes import Scenes
from vitxplain.models.loading.load import load_model
from vitxplain.train.config.options import TrainOptions
from vitxplain.train.learning import labels_of, objective_for
from vitxplain.train.network.open_dense import dense_trainable

pytestmark = pytest.mark.slow

SIZE = (64, 96)
WANT_TEXT = ("GroundingDino", "OmDet", "OwlV", "Owlv", "OneFormer")
SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}


def _semantic() -> dict[str, Any]:
    """Class -> a function that makes a small configuration."""
    t = transformers
    beit = SMALL | {"image_size": 64, "patch_size": 8, "out_indices": [1, 1, 2, 2], "pool_scales": (1, 2)}
    return {
        "SegformerForSemanticSegmentation": lambda: t.SegformerConfig(
            hidden_sizes=[8, 8, 16, 16], depths=[1] * 4, num_attention_heads=[1] * 4, decoder_hidden_size=16
        ),
        "UperNetForSemanticSegmentation": lambda: t.UperNetConfig(
            backbone_config=swin(), hidden_size=16, pool_scales=(1, 2), auxiliary_in_channels=32, auxiliary_channels=8
        ),
        "BeitForSemanticSegmentation": lambda: t.BeitConfig(**beit),
        "Data2VecVisionForSemanticSegmentation": lambda: t.Data2VecVisionConfig(**beit),
        "DPTForSemanticSegmentation": lambda: t.DPTConfig(
            **SMALL,
            image_size=64,
            patch_size=16,
            fusion_hidden_size=16,
            neck_hidden_sizes=[8, 8, 16, 16],
            backbone_out_indices=[0, 0, 1, 1],
            is_hybrid=False,
            auxiliary_loss_weight=0.4,
        ),
        "MobileNetV2ForSemanticSegmentation": lambda: t.MobileNetV2Config(depth_multiplier=0.25, image_size=64),
        "MobileViTForSemanticSegmentation": lambda: t.MobileViTConfig(
            hidden_sizes=[16, 24, 32],
            neck_hidden_sizes=[8, 8, 16, 16, 24, 32, 48],
            num_attention_heads=2,
            image_size=64,
        ),
    }


def _model(name: str) -> Any:
    torch.manual_seed(0)
    return getattr(transformers, name)(_semantic()[name]()) if name in _semantic() else detector(name)


def _samples() -> list[Sample]:
    """Two scenes, and an image of which nothing is labelled."""
    scenes = Scenes(size=SIZE, count=2)
    bare = Image.fromarray(np.full((*SIZE, 3), 90, np.uint8))
    return [*scenes, Sample(bare, 0, "bare", objects=(), class_map=np.full(SIZE, -1, np.int16))]


NAMES = [*(name for name in DETECTORS if not name.startswith(WANT_TEXT)), *_semantic()]


@pytest.mark.parametrize("name", NAMES)
def test_it_learns(name: str):
    size = (64, 64) if name.startswith(("Beit", "Data2Vec", "DPT")) else SIZE
    model = load_model(_model(name), mean=0.5, std=0.5, size=size)
    data = Scenes(size=SIZE, count=2)
    labels = labels_of(model.task.name, data)
    trainable = dense_trainable(model, labels, model.task.name)
    objective = objective_for(trainable, data, TrainOptions())
    torch.manual_seed(0)
    trainable.module.train()
    for samples in (_samples(), _samples()[2:]):
        loss, _ = objective.loss(trainable.module, objective.collate(samples))
        assert torch.isfinite(loss)
    loss, _ = objective.loss(trainable.module, objective.collate(_samples()))
    loss.backward()
    weights = [weight for weight in trainable.module.parameters() if weight.grad is not None]
    assert sum(float(weight.grad.abs().sum()) for weight in weights) > 0
    trainable.module.eval()
    with torch.no_grad():
        predictions, truth = objective.predict(trainable.module, objective.collate_evaluation(_samples()))
    outcome = transformers.EvalPrediction(tuple(one.numpy() for one in predictions), truth.numpy())
    assert set(objective.metrics(outcome)) == {"loss", *objective.figures}
