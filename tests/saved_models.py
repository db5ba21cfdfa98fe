"""Small models saved to folders, as users have them."""

from pathlib import Path

import pytest
import torch
from transformers import (
    ResNetConfig,
    ResNetForImageClassification,
    SegformerConfig,
    SegformerForSemanticSegmentation,
    ViTConfig,
    ViTForImageClassification,
    ViTImageProcessor,
    YolosConfig,
    YolosForObjectDetection,
    YolosImageProcessor,
)

LABELS = {0: "circle", 1: "square, box", 2: "star"}


@pytest.fixture(scope="session")
def vit_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved ViT: 2 layers, 2 heads, 4 x 4 patches."""
    torch.manual_seed(0)
    config = ViTConfig(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        image_size=32,
        patch_size=8,
        id2label=LABELS,
        initializer_range=0.3,
    )
    return _saved(ViTForImageClassification(config), tmp_path_factory.mktemp("vit"))


@pytest.fixture(scope="session")
def cnn_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved ResNet of two stages."""
    torch.manual_seed(0)
    config = ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic", id2label=LABELS)
    return _saved(ResNetForImageClassification(config), tmp_path_factory.mktemp("cnn"))


@pytest.fixture(scope="session")
def detector_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved YOLOS of five queries: what it finds is there by chance, and always the same."""
    torch.manual_seed(0)
    config = YolosConfig(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        image_size=[32, 32],
        patch_size=8,
        num_detection_tokens=5,
        use_mid_position_embeddings=False,
        id2label=LABELS,
    )
    model = YolosForObjectDetection(config)
    with torch.no_grad():
        model.vit.embeddings.detection_tokens.normal_()
        for head, scale in ((model.class_labels_classifier, 3.0), (model.bbox_predictor, 1.0)):
            for layer in head.layers:
                layer.weight.normal_(std=scale / layer.in_features**0.5)
        model.class_labels_classifier.layers[-1].bias[-1] = -4.0  # of "no object"
    folder = tmp_path_factory.mktemp("detector")
    model.save_pretrained(folder)
    size = {"height": 32, "width": 32}
    YolosImageProcessor(size=size, do_pad=False).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def segmenter_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved SegFormer of two stages, whose map has 8 x 8 places."""
    torch.manual_seed(0)
    config = SegformerConfig(
        num_encoder_blocks=2,
        depths=[1, 1],
        sr_ratios=[2, 1],
        hidden_sizes=[8, 16],
        patch_sizes=[7, 3],
        strides=[4, 2],
        num_attention_heads=[1, 2],
        mlp_ratios=[2, 2],
        decoder_hidden_size=16,
        id2label=LABELS,
        initializer_range=0.6,
    )
    return _saved(SegformerForSemanticSegmentation(config), tmp_path_factory.mktemp("segmenter"))


def _saved(model: torch.nn.Module, folder: Path) -> Path:
    model.save_pretrained(folder)
    ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder)
    return folder
