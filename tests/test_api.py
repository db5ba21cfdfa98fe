"""The whole road: what comes out of explain() and explain_together()."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader

import vitxplain
from vitxplain import explain, explain_together
from vitxplain.errors import (
    ImageError,
    OptionError,
    TargetError,
    UnknownNameError,
    UnsupportedModelError,
    UsageError,
    VitxplainError,
)
from vitxplain.explainers.attention_rollout import AttentionRollout
from vitxplain.explainers.base import Explainer
from vitxplain.explainers.grad_cam import GradCAM
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.classification import Classification
from vitxplain.testing import tiny_cnn, tiny_vit
from vitxplain.testing.models import LABELS


@pytest.fixture(scope="module")
def vit() -> VisionModel:
    return tiny_vit()


@pytest.fixture(scope="module")
def cnn() -> VisionModel:
    return tiny_cnn()


def photo(seed: int, height: int = 40, width: int = 50) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


def test_components_of_patches_are_those_of_all_images_of_a_call(vit):
    images = [photo(0), photo(1)]
    together, in_parts = (explain(vit, images, "patch-pca", batch_size=size) for size in (8, 1))
    for one, other in zip(together, in_parts, strict=True):
        np.testing.assert_allclose(one.values, other.values, atol=1e-3)
    every = np.concatenate([one.values.reshape(3, -1) for one in together], 1)
    np.testing.assert_allclose((every.mean(1), every.std(1, ddof=1)), ([0] * 3, [1] * 3), atol=1e-3)
    own, alone = explain(vit, images, "patch-pca", basis="image")[0], explain(vit, images[0], "patch-pca")
    np.testing.assert_allclose(own.values, alone.values, atol=1e-5)
    assert not np.allclose(own.values, together[0].values, atol=0.1)


def test_one_image_gives_one_explanation_that_says_everything(vit: VisionModel, tmp_path: Path):
    photo(0).save(tmp_path / "noise.png")
    found = explain(vit, tmp_path / "noise.png", "rollout", head_fusion="max")
    assert found.values.shape == (4, 6)
    assert found.values.dtype == np.float32
    assert found.axes == "row column"
    assert found.method == "attention-rollout"
    options = {"head_fusion": "max", "discard_ratio": 0.0, "residual_weight": 0.5, "start_layer": 0, "query": None}
    assert found.options == options
    assert found.target is None
    assert (found.grid.rows, found.grid.columns, found.grid.num_prefix_tokens) == (4, 6, 1)
    assert found.geometry.image_size == (40, 50)
    assert found.image.size == (50, 40)
    assert found.provenance["input"] == str(tmp_path / "noise.png")
    assert found.provenance["explainer"] == repr(AttentionRollout(head_fusion="max"))
    assert torch.__version__.startswith(found.provenance["versions"]["torch"])  # PyPI leaves the build out: +cu128
    assert found.provenance["model"]["class"] == "ViTForImageClassification"
    assert len(found.provenance["model"]["sha256"]) == 64
    assert found.provenance["seconds"] > 0


def test_prediction_and_target_are_the_models(vit: VisionModel):
    image = photo(0)
    found = explain(vit, image, "gradient-attention", top_k=3)
    with torch.no_grad():
        probabilities = vit.logits(vit.processor([image])).softmax(-1)[0]
    values, indices = probabilities.topk(3)
    assert found.prediction.indices == tuple(indices.tolist())
    assert found.prediction.names == tuple(LABELS[index] for index in indices)
    assert found.prediction.probabilities == pytest.approx(values.tolist())
    assert found.target.index == int(probabilities.argmax())
    assert found.target.name == LABELS[found.target.index]
    assert found.target.probability == pytest.approx(float(probabilities.max()))


def test_more_classes_than_there_are(vit: VisionModel):
    assert len(explain(vit, photo(0), "rollout", top_k=99).prediction.names) == len(LABELS)


@pytest.mark.parametrize("method", ["auto", "attention-rollout", AttentionRollout, AttentionRollout(start_layer=1)])
def test_a_method_is_a_name_a_class_or_an_instance(vit: VisionModel, method: object):
    assert explain(vit, photo(0), method).values.shape == (4, 6)


def test_auto_depends_on_the_model(vit: VisionModel, cnn: VisionModel):
    assert explain(vit, photo(0)).method == "affinity-attention"
    assert explain(cnn, photo(0)).method == "grad-cam"


def test_values_are_those_of_the_method_called_directly(vit: VisionModel):
    image = photo(0)
    direct = GradCAM(relu=True).explain(vit, vit.processor([image]), 2)[0]
    np.testing.assert_allclose(explain(vit, image, "grad-cam", target=2, relu=True).values, direct.numpy(), rtol=1e-6)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_list_gives_a_list_in_its_order_whatever_the_sizes(vit: VisionModel, count: int):
    images = [photo(seed, 20 + 7 * seed, 60 - 5 * seed) for seed in range(count)]
    together = explain(vit, images, "gradient-attention", batch_size=2)
    assert isinstance(together, list)
    for image, one in zip(images, together, strict=True):
        alone = explain(vit, image, "gradient-attention")
        assert one.geometry.image_size == (image.height, image.width)
        assert one.prediction.indices == alone.prediction.indices
        np.testing.assert_allclose(one.values, alone.values, rtol=1e-4, atol=1e-6)


def test_ready_pixels_of_three_and_four_axes(vit: VisionModel):
    pixels = vit.processor([photo(0), photo(1)])
    both = explain(vit, pixels, "rollout")
    one = explain(vit, pixels[1], "rollout")
    assert isinstance(both, list)
    np.testing.assert_allclose(both[1].values, one.values, rtol=1e-5)
    assert one.geometry.crops is False
    assert one.image.size == (48, 32)


def test_arrays_and_urls_and_paths_mean_the_same(vit: VisionModel, tmp_path: Path):
    photo(3).save(tmp_path / "a.png")
    forms = [photo(3), np.asarray(photo(3)), tmp_path / "a.png", str(tmp_path / "a.png")]
    values = [one.values for one in explain(vit, forms, "rollout")]
    for other in values[1:]:
        np.testing.assert_array_equal(values[0], other)


def test_target_by_name_index_and_one_an_image(vit: VisionModel):
    images = [photo(0), photo(1), photo(2)]
    by_name = explain(vit, images, "grad-cam", target="star")
    assert [one.target.index for one in by_name] == [2, 2, 2]
    each = explain(vit, images, "grad-cam", target=[0, "cross", 4], batch_size=2)
    assert [one.target.name for one in each] == ["circle", "cross", "line"]
    for index, image, one in zip((0, 3, 4), images, each, strict=True):
        alone = explain(vit, image, "grad-cam", target=index)
        np.testing.assert_allclose(one.values, alone.values, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("target", [5, -1, "hexagon", [0, 1]])
def test_targets_that_do_not_exist(vit: VisionModel, target: object):
    with pytest.raises(TargetError):
        explain(vit, [photo(0)] * 3, "grad-cam", target=target)


@pytest.mark.parametrize("method", ["gradient-attention", "grad-cam", "raw-attention"])
def test_a_list_of_targets_of_one_image_gives_a_list(vit: VisionModel, method: str):
    several = explain(vit, photo(0), method, target=[2, "cross"])
    alone = [explain(vit, photo(0), method, target=target) for target in (2, "cross")]
    assert [made.target and replace(made.target, label="") for made in several] == [made.target for made in alone]
    if method != "raw-attention":
        assert [made.target.label for made in several] == ["star", "cross"]
    for made, expected in zip(several, alone, strict=True):
        np.testing.assert_array_equal(made.values, expected.values)


def test_each_of_several_images_may_have_targets_of_its_own(cnn: VisionModel):
    made = explain(cnn, [photo(0), photo(1)], "cam", target=[[2, 0], [1]])
    assert [[one.target.index for one in of_image] for of_image in made] == [[2, 0], [1]]
    assert 'alt="3 maps of 2 images"' in made._repr_html_()
    np.testing.assert_allclose(made[0][1].values, explain(cnn, photo(0), "cam", target=0).values, atol=1e-6)
    assert [one.target.index for one in explain(cnn, [photo(0), photo(1)], "cam", target=[2, 1])] == [2, 1]
    with pytest.raises(TargetError, match="an empty list names no target"):
        explain(cnn, photo(0), "cam", target=[])


def test_several_targets_share_one_forward_pass(vit: VisionModel):
    runs = []
    vit.probe()
    handle = vit.module.register_forward_hook(lambda *_: runs.append(1))
    explain(vit, photo(0), "gradient-attention", target=[0, 1, 2])
    handle.remove()
    assert len(runs) == 1


def test_together_gives_each_method_by_its_canonical_name(vit: VisionModel):
    found = explain_together(vit, photo(0), ["rollout", "auto", "head-distance", GradCAM], start_layer=1)
    assert list(found) == ["attention-rollout", "affinity-attention", "head-distance", "grad-cam"]
    for name, one in found.items():
        assert one.method == name
        alone = explain(vit, photo(0), name, **({"start_layer": 1} if "start_layer" in one.options else {}))
        np.testing.assert_allclose(one.values, alone.values, rtol=1e-4, atol=1e-5)  # of 0.05
    assert found["attention-rollout"].options["start_layer"] == 1


def test_together_with_an_option_for_one_method_and_a_list(vit: VisionModel):
    found = explain_together(vit, [photo(0)], ["rollout", "gradient-rollout"], **{"rollout.start_layer": 1})
    assert found["attention-rollout"][0].options["start_layer"] == 1
    assert found["gradient-rollout"][0].options["start_layer"] == 0


def test_together_runs_the_model_once(vit: VisionModel):
    passes = []
    vit.probe()
    handle = vit.module.register_forward_hook(lambda *_: passes.append(1))
    try:
        explain_together(vit, photo(0), ["rollout", "raw-attention", "grad-cam", "gradient-attention", "head-distance"])
    finally:
        handle.remove()
    assert len(passes) == 1


def test_a_plain_module_with_ready_pixels_needs_no_processor():
    module = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)
    )
    found = explain(module.eval(), torch.rand(2, 3, 16, 20), "cam", target=1)
    assert [one.values.shape for one in found] == [(16, 20)] * 2
    assert found[0].target.name == "LABEL_1"
    assert not any(part.training for part in module.modules())


def test_mistakes_are_found_before_a_model_is_loaded():
    with pytest.raises(UnknownNameError, match="rolout"):
        explain("no/such/model", photo(0), "rolout")


def test_files_of_classes_that_are_called_alike_have_their_indices(cnn: VisionModel, tmp_path: Path):
    alike = replace(cnn, labels={0: "suit", 1: "suit, swimsuit", 2: "star", 3: "cross", 4: "Suit"})
    several = explain(alike, torch.zeros(3, 32, 48), "grad-cam", target=[0, 1, 2])
    apart = ["suit-0", "suit-1", "star"]
    assert [made.save(tmp_path, formats="json")[0].name for made in several] == [
        f"image.grad-cam.{label}.json" for label in apart
    ]
    for index, label in enumerate(apart):
        assert explain(alike, torch.zeros(3, 32, 48), "grad-cam", target=index).label == label
    assert explain(alike, torch.zeros(3, 32, 48), "grad-cam").label == ""


def test_a_map_that_is_zero_everywhere_says_so(vit: VisionModel):
    names = [
        name for name, _ in vit.module.named_modules() if name.count(".") == 2 and name.rpartition(".")[2].isdigit()
    ]
    (note,) = explain(vit, photo(1), "grad-cam", layer=names[-1]).notes
    default = explain(vit, photo(1), "grad-cam")
    assert note == (
        f"the map is zero everywhere: no gradient reaches the patches of layer {names[-1]!r}, so what they hold does "
        f"not count for the target; without a layer named it is {default.options['layer']!r}, whose patches do."
    )
    assert default.notes == ()


@dataclass(frozen=True)
class Dividing(Explainer):
    """Divides by zero."""

    axes = "batch row column"
    class_specific = False

    def explain(self, model: VisionModel, pixel_values: torch.Tensor, target: object = None) -> torch.Tensor:
        return pixel_values.mean(1) / 0


def test_values_that_are_no_numbers_are_the_method_s(vit: VisionModel):
    with pytest.raises(VitxplainError, match="outputs are finite, so Dividing gave them; look there for a division by"):
        explain(vit, photo(1), Dividing())


def test_batches_of_a_loader_are_no_images(vit: VisionModel):
    loader = DataLoader(torch.rand(4, 3, *vit.processor.input_size), 2)
    with pytest.raises(UsageError, match="image 0 is a batch of 2; give one batch a call, or images one by one"):
        explain(vit, loader, "grad-cam")


def test_what_belongs_to_the_model_is_no_option_of_a_method(vit: VisionModel):
    with pytest.raises(OptionError, match=r"'device': it belongs to the model: explain\(load_model\(MODEL, device="):
        explain(vit, photo(1), "grad-cam", device="cpu")


def test_pictures_in_formats_that_are_not_written_are_refused(vit: VisionModel, tmp_path: Path):
    with pytest.raises(
        OptionError, match=r"a\.jpg names a picture in a format that is not written; give some of png, pdf"
    ):
        explain(vit, photo(1), "grad-cam").save(tmp_path / "a.jpg")
    assert not (tmp_path / "a.jpg").exists()


def test_a_layer_may_be_a_module_of_the_model(vit: VisionModel):
    name = str(explain(vit, photo(1), "grad-cam").options["layer"])
    made = explain(vit, photo(1), "grad-cam", layer=vit.module.get_submodule(name))
    assert made.options["layer"] == name
    with pytest.raises(OptionError, match="layer is a Linear that is no part of the model that is explained; give one"):
        explain(vit, photo(1), "grad-cam", layer=nn.Linear(2, 2))


def test_images_without_a_name_have_their_number(vit: VisionModel, tmp_path: Path):
    size = vit.processor.input_size
    array = np.zeros((20, 20, 3), np.uint8)
    for images in (torch.rand(2, 3, *size), [torch.rand(3, *size), array], [photo(1), photo(2)]):
        results = explain(vit, images, "grad-cam")
        assert [made.provenance["input"] for made in results] == ["image-0", "image-1"]
        saved = results.save(tmp_path, formats="json")
        assert [path.name for path in saved] == ["image-0.grad-cam.json", "image-1.grad-cam.json"]
    assert explain(vit, photo(1), "grad-cam").stem == "image"


def test_a_list_saves_images_of_one_name_apart(vit: VisionModel, tmp_path: Path):
    paths = [tmp_path / folder / "cat.png" for folder in "ab"]
    for number, path in enumerate(paths):
        path.parent.mkdir()
        photo(number).save(path)
    results = explain(vit, paths, "grad-cam", target=[[0, 1], [0]])
    saved = results.save(tmp_path / "out", formats="json")
    assert len({path.name for path in saved}) == 3
    assert [path.name.startswith("cat-2.") for path in saved] == [False, False, True]
    with pytest.raises(UsageError, match="is one file, and there are 3 explanations; give a folder"):
        results.save(tmp_path / "all.png")


def test_files_of_a_target_that_was_asked_for_have_its_name(vit: VisionModel, tmp_path: Path):
    """No target's files are written over by those of another."""
    asked = [explain(vit, photo(0), "grad-cam", target=target) for target in (None, 0, LABELS[1])]
    asked += explain(vit, photo(0), "grad-cam", target=[2, f"{LABELS[0]}~{LABELS[1]}"])
    names = [made.save(tmp_path, "cat", formats="json")[0].name for made in asked]
    assert names[:2] == ["cat.grad-cam.json", f"cat.grad-cam.{LABELS[0]}.json"]
    assert len(set(names)) == 5


def test_a_contrast_that_shows_one_side_alone_says_so(vit: VisionModel):
    first, second = LABELS[0], LABELS[1]
    relu = explain(vit, photo(0), "grad-cam", target=f"{first}~{second}", relu=True)
    expected = (
        f"grad-cam has no values below 0: the map shows what speaks for {first} and nothing of what speaks for {second}"
    )
    assert [expected in note for note in relu.notes] == [True]
    both, one = (explain(vit, photo(0), "grad-cam", target=target) for target in (f"{first}~{second}", 0))
    assert both.notes == one.notes == ()
    bars = [made.plot("signed").axes[-1].get_ylabel().replace("\n", " ") for made in (both, one, relu)]
    words = [f"for {second}  ·  for {first}", "against it  ·  for it", f"never below 0  ·  for {first}"]
    assert [" ".join(bar.split()) for bar in bars] == [" ".join(text.split()) for text in words]


def test_mistakes(vit: VisionModel, cnn: VisionModel, tmp_path: Path):
    with pytest.raises(OptionError, match="did you mean head_fusion"):
        explain(vit, photo(0), "rollout", head_fuson="max")
    with pytest.raises(UnsupportedModelError, match="needs attentions, which Sequential does not have"):
        explain(cnn, photo(0), "rollout")
    with pytest.raises(ImageError, match=r"missing\.png does not exist"):
        explain(vit, [photo(0), tmp_path / "missing.png"], "rollout")


def test_pixels_that_are_not_finite_are_an_error(cnn: VisionModel):
    pixels = torch.zeros(2, 3, 32, 48)
    pixels[1, 0, 0, 0] = torch.nan
    with pytest.raises(ImageError, match=r"image 1 has pixel_values that are NaN or infinite"):
        explain(cnn, pixels, "grad-cam")


def test_logits_that_are_not_finite_are_an_error():
    model = tiny_cnn()
    with torch.no_grad():
        model.module[0].weight.mul_(1e6)
        model.module[-1].weight.fill_(3e38)
    with pytest.raises(VitxplainError, match=r"the model's logits are not finite for .* with Sequential in float32"):
        explain(model, photo(0), "grad-cam")


def test_multi_label_models_have_probabilities_of_their_own(vit: VisionModel):
    found = explain(vit.changed(task=Classification(multi_label=True)), photo(0), "rollout")
    assert found.prediction.probabilities[0] == pytest.approx(
        float(vit.logits(vit.processor([photo(0)])).detach().sigmoid().max())
    )


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_gives_finite_float32(dtype: torch.dtype):
    model = vitxplain.load_model(
        tiny_vit().module.to(dtype), mean=(0.5,) * 3, std=(0.5,) * 3, size=(32, 48), labels=LABELS
    )
    for one in explain_together(model, photo(0), ["rollout", "grad-cam", "gradient-attention"]).values():
        assert one.values.dtype == np.float32
        assert np.isfinite(one.values).all()
