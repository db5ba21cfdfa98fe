"""Models of other tasks: refused at loading, saying what they are."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import save_file
from torch import nn

from tests.models.tiny_vit import save_tiny_vit, tiny_vit
from vitxplain.api import explain
from vitxplain.errors import ModelLoadError, UnsupportedModelError, UsageError
from vitxplain.models.loading.load import load_model
from vitxplain.models.processors.processor import Processor
from vitxplain.models.tasks import TASKS, check_architectures, check_output
from vitxplain.tasks.detection import Detection
from vitxplain.tasks.features import Features
from vitxplain.tasks.masks import Masks
from vitxplain.tasks.pixel_classes import PixelClasses

STATED: dict[str, Any] = {"mean": 0.5, "std": 0.5, "size": 32}
TINY: dict[str, Any] = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "image_size": 32,
    "patch_size": 8,
}


def _resnet() -> Any:
    return transformers.ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic", out_features=["stage2"]
    )


def _swin() -> Any:
    stages = ["stage1", "stage2", "stage3", "stage4"]
    return transformers.SwinConfig(
        image_size=32, patch_size=2, embed_dim=8, depths=[1] * 4, num_heads=[1] * 4, window_size=4, out_features=stages
    )


def _detr() -> nn.Module:
    widths = {"d_model": 16, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16, "num_queries": 5}
    depths = {"encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2, "decoder_attention_heads": 2}
    backbone = {"backbone_config": _resnet(), "backbone": None, "use_timm_backbone": False}
    return transformers.DetrForObjectDetection(transformers.DetrConfig(**widths, **depths, **backbone))


def _yolos() -> nn.Module:
    tiny = TINY | {"image_size": [32, 32]}
    return transformers.YolosForObjectDetection(transformers.YolosConfig(**tiny, num_detection_tokens=5))


def _segformer() -> nn.Module:
    widths = {"hidden_sizes": [8] * 4, "num_attention_heads": [1] * 4, "depths": [1] * 4, "decoder_hidden_size": 8}
    return transformers.SegformerForSemanticSegmentation(transformers.SegformerConfig(**widths, num_labels=4))


def _upernet() -> nn.Module:
    backbone = transformers.ConvNextConfig(
        hidden_sizes=[8] * 4, depths=[1] * 4, out_features=["stage1", "stage2", "stage3", "stage4"]
    )
    widths = {"hidden_size": 8, "auxiliary_channels": 8, "auxiliary_in_channels": 8, "num_labels": 4}
    return transformers.UperNetForSemanticSegmentation(transformers.UperNetConfig(backbone_config=backbone, **widths))


def _mask2former() -> nn.Module:
    config = transformers.Mask2FormerConfig(
        backbone_config=_swin(), feature_size=32, mask_feature_size=32, hidden_dim=32, encoder_feedforward_dim=32,
        dim_feedforward=32, encoder_layers=1, decoder_layers=2, num_attention_heads=2, num_queries=5, num_labels=4,
    )  # fmt: skip
    return transformers.Mask2FormerForUniversalSegmentation(config)


def _dpt() -> nn.Module:
    neck = {"backbone_out_indices": [0, 1, 2, 3], "neck_hidden_sizes": [8] * 4, "fusion_hidden_size": 8}
    return transformers.DPTForDepthEstimation(transformers.DPTConfig(**TINY | {"num_hidden_layers": 4}, **neck))


def _depth_anything() -> nn.Module:
    stages = ["stage1", "stage2", "stage3", "stage4"]
    backbone = transformers.Dinov2Config(
        **TINY | {"num_hidden_layers": 4}, out_features=stages, reshape_hidden_states=False
    )
    config = transformers.DepthAnythingConfig(
        backbone_config=backbone, reassemble_hidden_size=16, patch_size=8, neck_hidden_sizes=[8] * 4,
        fusion_hidden_size=8, head_hidden_size=8,
    )  # fmt: skip
    return transformers.DepthAnythingForDepthEstimation(config)


def _clip() -> nn.Module:
    text = {name: TINY[name] for name in TINY if "size" not in name or name in ("hidden_size", "intermediate_size")}
    text |= {"vocab_size": 20, "bos_token_id": 0, "eos_token_id": 1}
    config = transformers.CLIPConfig(text_config=text, vision_config=TINY, projection_dim=8)
    return transformers.CLIPModel(config)


def _dinov2() -> nn.Module:
    return transformers.Dinov2Model(transformers.Dinov2Config(**TINY))


def _resnet_encoder() -> nn.Module:
    return transformers.ResNetModel(_resnet())


def _mae() -> nn.Module:
    decoder = {"decoder_hidden_size": 16, "decoder_num_hidden_layers": 1, "decoder_num_attention_heads": 2}
    return transformers.ViTMAEForPreTraining(transformers.ViTMAEConfig(**TINY, **decoder, decoder_intermediate_size=16))


def _videomae() -> nn.Module:
    return transformers.VideoMAEForVideoClassification(transformers.VideoMAEConfig(**TINY, num_frames=2))


FAMILIES: dict[Callable[[], nn.Module], str] = {
    _dpt: "a depth estimator",
    _depth_anything: "a depth estimator",
    _clip: "an image-text model",
    _mae: "a model for pretraining",
    _videomae: "a video classifier",
}


@pytest.mark.parametrize(("build", "kind"), FAMILIES.items(), ids=lambda value: getattr(value, "__name__", None))
def test_a_model_of_another_task_in_memory(build: Callable[[], nn.Module], kind: str) -> None:
    module = build().eval()
    name = type(module).__name__
    with pytest.raises(ModelLoadError, match=f"{name} is {kind}; vitxplain explains image classifiers"):
        load_model(module, **STATED)
    derived = type("Derived", (type(module),), {})(module.config)  # type: ignore[attr-defined]
    with pytest.raises(ModelLoadError, match=f"Derived is {kind}; vitxplain explains image classifiers"):
        load_model(derived, **STATED)


class Own(nn.Module):
    """A class that transformers does not know, around a model of its own."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, pixel_values: torch.Tensor) -> Any:
        return self.inner(pixel_values)


@pytest.mark.parametrize("build", [_detr, _yolos], ids=["detr", "yolos"])
def test_detectors_in_memory_and_inside_of_modules_of_ones_own(build: Callable[[], nn.Module]) -> None:
    module = build().eval()
    assert load_model(module, **STATED).task == Detection(len(module.config.id2label))  # type: ignore[union-attr, arg-type]
    names = ["cat", "dog"]
    assert load_model(Own(module).eval(), **STATED, labels=names).task == Detection(2)
    with pytest.raises(ModelLoadError, match="give the names of its classes as labels="):
        load_model(Own(module).eval(), **STATED)


@pytest.mark.parametrize("build", [_segformer, _upernet], ids=["segformer", "upernet"])
def test_segmenters_in_memory_and_inside_of_modules_of_ones_own(build: Callable[[], nn.Module]) -> None:
    module = build().eval()
    classes = len(module.config.id2label)  # type: ignore[union-attr, arg-type]
    for model in (load_model(module, **STATED), load_model(Own(module).eval(), **STATED)):
        assert model.task == PixelClasses()
        assert len(model.labels) == classes


def test_segmenters_that_find_masks() -> None:
    module = _mask2former().eval()
    assert load_model(module, **STATED).task == load_model(Own(module).eval(), **STATED).task == Masks(4)


def test_an_encoder_of_maps_shows_what_is_alike() -> None:
    model = load_model(_resnet_encoder().eval(), **STATED)
    assert model.task == load_model(Own(_resnet_encoder()).eval(), **STATED).task == Features()
    assert explain(model, torch.zeros(3, 32, 32)).method == "patch-similarity"
    with pytest.raises(UnsupportedModelError, match="it has no attention"):
        explain(model, torch.zeros(3, 32, 32), "raw-attention")


BY_OUTPUT = [build for build in FAMILIES if build not in (_clip, _mae, _videomae)]  # these take no image alone


@pytest.mark.parametrize("build", BY_OUTPUT)
def test_a_class_nobody_knows_is_told_by_its_output(build: Callable[[], nn.Module]) -> None:
    with pytest.raises(ModelLoadError, match=f"Own is {FAMILIES[build]}; vitxplain explains image classifiers"):
        load_model(Own(build()).eval(), **STATED)


class Labelled(transformers.PreTrainedModel):
    """A model like those of the Hub that bring their own code: labels in its configuration, which prove nothing."""

    config_class = transformers.ViTConfig
    _supports_sdpa = True

    def __init__(self, config: Any, inner: nn.Module) -> None:
        super().__init__(config)
        self.inner = inner

    def forward(self, pixel_values: torch.Tensor) -> Any:
        return self.inner(pixel_values)


def test_labels_in_a_configuration_do_not_make_a_classifier() -> None:
    vit = tiny_vit()
    assert load_model(Labelled(vit.config, vit).eval(), **STATED).labels[2] == "newt"
    assert load_model(Labelled(vit.config, _segformer()).eval(), **STATED).task == PixelClasses()


@pytest.mark.parametrize(
    ("output", "kind"),
    [
        ({"logits_per_image": torch.zeros(1, 2)}, "an image-text model"),
        ([{"boxes": torch.zeros(0, 4)}], "an object detector that gives boxes alone"),
    ],
)
def test_outputs_of_other_tasks(output: Any, kind: str) -> None:
    with pytest.raises(ModelLoadError, match=f"street is {kind} \\(Linear\\); vitxplain explains image classifiers"):
        check_output("street", nn.Linear(1, 1), output)


@pytest.mark.parametrize(
    "output",
    [
        torch.zeros(1, 3),
        (torch.zeros(1, 3),),
        {"logits": torch.zeros(1, 3)},
        {"last_hidden_state": torch.zeros(1, 3)},
        {"logits": torch.zeros(1, 3), "last_hidden_state": torch.zeros(1, 5, 4), "pred_boxes": None},
    ],
)
def test_outputs_of_classifiers(output: Any) -> None:
    check_output("cat", nn.Linear(1, 1), output)


@pytest.mark.usefixtures("unchecked")
def test_frames_are_a_video() -> None:
    processor = Processor.observed(lambda images: torch.zeros(len(images), 2, 3, 8, 8))
    with pytest.raises(ModelLoadError, match="Sequential is a video classifier"):
        load_model(nn.Sequential(nn.Flatten(), nn.Linear(384, 3)), processor=processor)


KINDS = {
    "OwlViTForObjectDetection": "an object detector that wants text",
    "Owlv2ForObjectDetection": "an object detector that wants text",
    "GroundingDinoForObjectDetection": "an object detector that wants text",
    "OmDetTurboForObjectDetection": "an object detector that wants text",
    "CLIPSegForImageSegmentation": "a segmenter that wants text",
    "SegGptForImageSegmentation": "a segmenter that wants an example and its mask",
    "SamModel": "a mask generator",
    "GLPNForDepthEstimation": "a depth estimator",
    "ZoeDepthForDepthEstimation": "a depth estimator",
    "DepthProModel": "a depth estimator",
    "VitPoseForPoseEstimation": "a pose estimator",
    "SuperPointForKeypointDetection": "a keypoint detector",
    "VitMatteForImageMatting": "a matting model",
    "Swin2SRForImageSuperResolution": "an image-to-image model",
    "SiglipModel": "an image-text model",
    "TimesformerForVideoClassification": "a video classifier",
    "VJEPA2ForVideoClassification": "a video classifier",
    "VideomtForUniversalSegmentation": "a video segmenter",
    "VideoMAEModel": "a video model",
    "VivitModel": "a video model",
    "DetrModel": "an object detector without its heads",
    "ViTForMaskedImageModeling": "a model for pretraining",
    "LlavaForConditionalGeneration": "a model that writes text",
    "PPOCRV5MobileDetForObjectDetection": "a text detector",
}


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_what_a_class_is_is_said_in_one_sentence(name: str, kind: str) -> None:
    assert hasattr(transformers, name)
    with pytest.raises(ModelLoadError) as caught:
        check_architectures("street", [name])
    assert f"street is {kind} ({name}); vitxplain explains image classifiers" in str(caught.value)


# --- folders


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (transformers.CLIPConfig(architectures=["CLIPModel"]), "an image-text model (CLIPModel)"),
        (transformers.VideoMAEConfig(architectures=["VideoMAEForVideoClassification"]), "a video classifier (VideoMAE"),
        (transformers.ViTConfig(architectures=["ViTForMaskedImageModeling"]), "a model for"),
    ],
    ids=lambda value: getattr(value, "model_type", None),
)
def test_folders_of_another_task(tmp_path: Path, config: Any, words: str) -> None:
    config.save_pretrained(tmp_path)
    save_file({"x": torch.zeros(1)}, tmp_path / "model.safetensors")
    with pytest.raises(ModelLoadError) as caught:
        load_model(tmp_path)
    assert f"{tmp_path} is {words}" in str(caught.value)
    assert "vitxplain explains image classifiers" in str(caught.value)


def test_the_folder_of_an_encoder_gives_features(tmp_path: Path) -> None:
    save_tiny_vit(tmp_path)
    tiny_vit().vit.save_pretrained(tmp_path)
    model = load_model(tmp_path)
    assert (model.task, model.labels) == (Features(), {})
    assert type(model.module).__name__ == "ViTModel"


# --- task=


def test_the_task_is_the_models(tmp_path: Path) -> None:
    save_tiny_vit(tmp_path)
    assert list(TASKS) == [
        "image-classification",
        "object-detection",
        "image-segmentation",
        "image-feature-extraction",
    ]
    assert load_model(tmp_path, task="image-classification").task.name == "image-classification"
    with pytest.raises(UsageError, match="is a model for image-classification, not for object-detection"):
        load_model(tmp_path, task="object-detection")
    with pytest.raises(UsageError, match="'depth-estimation' does not exist; choose auto or image-classification"):
        load_model(tmp_path, task="depth-estimation")
