"""Models made ready to learn: heads, modes, sizes, and what they become when saved."""

import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from PIL import Image
from torch import nn

from tests.saved_models import LABELS, cnn_folder, vit_folder  # noqa: F401 - fixtures
from vitxplain.errors import OptionError, UsageError
from vitxplain.models.loading.load import load_model
from vitxplain.train.network.trainable import Trainable, trainable

NEW = ("ant", "bee", "cow", "doe")
IMAGES = [Image.effect_noise((50, 40), 80).convert("RGB"), Image.effect_noise((20, 60), 80).convert("RGB")]
TINY = {"hidden_size": "16", "num_hidden_layers": "2"}


def learned(model: Trainable) -> set[str]:
    return {name for name, one in model.module.named_parameters() if one.requires_grad}


def logits(model: Trainable) -> torch.Tensor:
    model.module.eval()
    with torch.no_grad():
        return model.module(pixel_values=model.processor(IMAGES)).logits


def step(model: Trainable) -> None:
    """One step of training, so that nothing is as it began."""
    model.module.train()
    weights = [one for one in model.module.parameters() if one.requires_grad]
    optimizer = torch.optim.SGD(weights, lr=0.5)
    out = model.module(pixel_values=model.processor(IMAGES)).logits
    nn.functional.cross_entropy(out, torch.tensor([0, 1])).backward()
    optimizer.step()


def check_reopens(model: Trainable, folder: Path) -> None:
    """The saved folder is the same model, through the same pixels."""
    model.save(folder)
    opened = load_model(folder, device="cpu")
    assert opened.labels == dict(enumerate(model.labels))
    pixels = opened.processor(IMAGES)
    torch.testing.assert_close(pixels, model.processor(IMAGES), rtol=0, atol=0)
    with torch.no_grad():
        torch.testing.assert_close(opened.logits(pixels), logits(model), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("mode", ["full", "head", "lora"])
def test_a_vit(vit_folder: Path, tmp_path: Path, mode: Any) -> None:  # noqa: F811
    model = trainable(vit_folder, NEW, mode=mode)
    before = {name: one.clone() for name, one in model.module.state_dict().items()}
    for _ in range(2):  # an adapter's first matrix moves once its second is no longer zero
        step(model)
    changed = {name for name, one in model.module.state_dict().items() if not torch.equal(one, before[name])}
    assert changed == learned(model)
    heads = {"network.classifier.weight", "network.classifier.bias"}
    if mode == "head":
        assert changed == heads
    if mode == "lora":
        assert heads < changed
        assert all("lora_" in name for name in changed - heads)
        assert len(changed - heads) == 2 * 6 * 2  # 2 layers with 6 linear layers, an A and a B each
    assert not any(name.startswith("classifier") and "lora" in name for name in changed)
    check_reopens(model, tmp_path)


@pytest.mark.parametrize("mode", ["full", "head"])
def test_a_cnn(cnn_folder: Path, tmp_path: Path, mode: Any) -> None:  # noqa: F811
    model = trainable(cnn_folder, NEW, mode=mode)
    statistics = {name: one.clone() for name, one in model.module.named_buffers()}
    step(model)
    moved = any(not torch.equal(one, statistics[name]) for name, one in model.module.named_buffers())
    assert moved == (mode == "full")  # statistics of frozen norms stay
    check_reopens(model, tmp_path)


@pytest.mark.parametrize("options", [TINY, {"kind": "cnn", "widths": "8,16,16"}, {**TINY, "num_channels": 1}])
def test_from_scratch(options: dict[str, Any], tmp_path: Path) -> None:
    model = trainable("scratch", NEW, options=options, image_size=32)
    assert model.processor.input_size == (32, 32)
    step(model)
    check_reopens(model, tmp_path)
    again = trainable(tmp_path, NEW)  # to be trained further
    torch.testing.assert_close(logits(again), logits(model), rtol=1e-5, atol=1e-6)


def test_the_seed_decides_and_the_global_one_is_left_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    first, second, other = (trainable("scratch", NEW, options=TINY, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(torch.rand(1), expected)
    assert torch.equal(logits(first), logits(second))
    assert not torch.equal(logits(first), logits(other))


def test_the_same_classes_keep_their_head(vit_folder: Path) -> None:  # noqa: F811
    model = trainable(vit_folder, tuple(LABELS.values()))
    own = load_model(vit_folder, device="cpu").module
    assert torch.equal(model.module.network.classifier.weight, own.classifier.weight)
    turned = trainable(vit_folder, tuple(LABELS.values())[::-1])
    assert not torch.equal(turned.module.network.classifier.weight, own.classifier.weight)


def test_a_checkpoint_without_a_classifier_gets_one(vit_folder: Path, tmp_path: Path) -> None:  # noqa: F811
    transformers.ViTForImageClassification.from_pretrained(vit_folder).vit.save_pretrained(tmp_path / "backbone")
    (tmp_path / "backbone" / "preprocessor_config.json").write_bytes(
        (vit_folder / "preprocessor_config.json").read_bytes()
    )
    model = trainable(tmp_path / "backbone", NEW)
    assert logits(model).shape == (2, 4)
    check_reopens(model, tmp_path / "saved")


def test_both_heads_of_a_distilled_model(tmp_path: Path) -> None:
    settings = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    config = transformers.DeiTConfig(**settings, image_size=32, patch_size=8)
    distilled = load_model(transformers.DeiTForImageClassificationWithTeacher(config), mean=0.5, std=0.5, size=32)
    model = trainable(distilled, NEW, mode="head")
    assert {name.split(".")[1] for name in learned(model)} == {"cls_classifier", "distillation_classifier"}
    assert distilled.module.num_labels == 2  # the model given is left as it was
    check_reopens(model, tmp_path)


def test_another_size(vit_folder: Path, tmp_path: Path) -> None:  # noqa: F811
    model = trainable(vit_folder, NEW, image_size="48x40")
    assert model.processor(IMAGES).shape == (2, 3, 48, 40)
    check_reopens(model, tmp_path)
    grid = load_model(tmp_path, device="cpu").grid
    assert grid is not None
    assert (grid.rows, grid.columns) == (6, 5)


def test_no_part_of_an_image_is_cut_off(cnn_folder: Path) -> None:  # noqa: F811
    image = Image.new("RGB", (64, 32), (255, 255, 255))
    image.paste((0, 0, 0), (0, 0, 16, 32))
    pixels = trainable(cnn_folder, NEW).processor([image])[0, 0]
    assert pixels[:, 0].max() < pixels[:, -1].min()
    assert pixels.shape == (32, 32)


def test_the_model_can_be_explained_as_it_is(vit_folder: Path) -> None:  # noqa: F811
    from vitxplain import explain

    model = trainable(vit_folder, NEW)
    explanation = explain(model.model, IMAGES[0], "attention-rollout")
    assert set(explanation.prediction.names) == set(NEW)


def test_a_run_folder_is_its_model(vit_folder: Path, tmp_path: Path) -> None:  # noqa: F811
    model = trainable(vit_folder, NEW)
    model.save(tmp_path / "model")
    (tmp_path / "config.yaml").write_text("model: vit\n")
    assert load_model(tmp_path).labels == dict(enumerate(NEW))
    assert trainable(tmp_path, NEW).labels == NEW


@pytest.mark.parametrize(
    ("source", "options", "error", "message"),
    [
        ("vit", {"options": {"hidden_size": 3}}, OptionError, "only a model from scratch has such options"),
        ("vit", {"options": {"lora_rank": "4"}}, OptionError, "lora_rank: only mode=lora has adapters"),
        ("vit", {"mode": "lora", "options": {"lora_rank": "0"}}, OptionError, "lora_rank 0"),
        ("vit", {"mode": "lora", "options": {"lora_rank": "a"}}, OptionError, "lora_rank is 'a'; it takes a whole"),
        ("cnn", {"mode": "lora"}, OptionError, "no linear layers beside its head. Use mode=head"),
        ("scratch", {"options": {"hiden_size": 3}}, OptionError, "did you mean hidden_size"),
        ("scratch", {"options": {"num_channels": 4}}, OptionError, r"images are read in colour \(3\) or grey \(1\)"),
        ("vit", {"labels": ("one",)}, UsageError, "the classes are one; training needs at least two"),
        ("vit", {"labels": ("a", "a")}, UsageError, "all different"),
    ],
)
def test_what_cannot_be_is_refused(
    vit_folder: Path,  # noqa: F811
    cnn_folder: Path,  # noqa: F811
    source: str,
    options: dict[str, Any],
    error: type[Exception],
    message: str,
) -> None:
    given = {"vit": vit_folder, "cnn": cnn_folder}.get(source, source)
    with pytest.raises(error, match=message):
        trainable(given, **{"labels": NEW, **options})


def test_a_module_in_memory_could_not_be_opened_again() -> None:
    plain = nn.Sequential(nn.Flatten(), nn.Linear(3 * 64, 3))
    with pytest.raises(Exception, match="could not be opened again by name"):
        trainable(load_model(plain, mean=0.5, std=0.5, size=8), NEW)


def test_several_classes_an_image_are_refused() -> None:
    config = transformers.ViTConfig(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        image_size=32,
        patch_size=8,
        problem_type="multi_label_classification",
    )
    given = load_model(transformers.ViTForImageClassification(config), mean=0.5, std=0.5, size=32)
    with pytest.raises(UsageError, match="several classes an image"):
        trainable(given, NEW)


def test_a_missing_peft_names_the_extra(vit_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(UsageError, match=r"pip install 'vitxplain\[lora\]'"):
        trainable(vit_folder, NEW, mode="lora")
