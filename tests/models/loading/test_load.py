"""load_model on folders and models in memory: the right model, or one sentence that says what is wrong."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import nn

from tests.models.tiny_vit import PROCESSOR, save_tiny_vit, tiny_vit
from vitxplain.errors import ModelLoadError, UnknownNameError, UsageError
from vitxplain.grid import TokenGrid
from vitxplain.models.known_models import NAMES
from vitxplain.models.loading.load import load_model
from vitxplain.tasks.classification import Classification

PIXELS = torch.linspace(-1, 1, 3 * 32 * 32).reshape(1, 3, 32, 32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return save_tiny_vit(tmp_path / "model")


# --- folders


def test_a_folder_is_the_model_that_was_saved(folder: Path) -> None:
    model = load_model(folder)
    torch.testing.assert_close(model.logits(PIXELS), tiny_vit()(PIXELS).logits, rtol=0, atol=0)
    assert model.source == str(folder)
    assert model.labels == {0: "cat", 1: "dog", 2: "newt"}
    assert not model.module.training
    assert model.task == Classification()
    assert model.processor.input_size == (32, 32)


def test_its_own_processor_makes_the_pixels(folder: Path) -> None:
    image = Image.fromarray(np.random.default_rng(0).integers(0, 255, (32, 32, 3), np.uint8))
    expected = (np.asarray(image) / 255 - PROCESSOR["image_mean"]) / PROCESSOR["image_std"]
    pixels = load_model(folder).processor([image])
    np.testing.assert_allclose(pixels[0].permute(1, 2, 0), expected, atol=1e-5)


def test_a_model_passes_through(folder: Path) -> None:
    model = load_model(folder)
    assert load_model(model) is model


def test_multi_label_is_read_from_the_configuration(tmp_path: Path) -> None:
    save_tiny_vit(tmp_path, problem_type="multi_label_classification")
    assert load_model(tmp_path).task == Classification(multi_label=True)


@pytest.mark.parametrize("problem", [None, "regression"])
def test_one_output_of_a_configuration_is_a_value(tmp_path: Path, problem: str | None) -> None:
    save_tiny_vit(tmp_path, problem_type=problem, id2label={0: "age"}, label2id={"age": 0})
    assert load_model(tmp_path).task == Classification(values=True)
    assert load_model(tmp_path, activation="sigmoid").task == Classification(multi_label=True)


def test_a_head_put_on_a_classifier_may_end_in_an_activation() -> None:
    module = tiny_vit()
    module.classifier = nn.Sequential(module.classifier, nn.Sigmoid())
    model = load_model(module, mean=0.5, std=0.5, size=32)
    assert model.task == Classification(multi_label=True, ends_in="sigmoid")
    assert torch.equal(model.logits(PIXELS), module.classifier[0](module.vit(PIXELS).last_hidden_state[:, 0]))


def test_labels_of_yours(folder: Path) -> None:
    assert load_model(folder, labels=["a", "b", "c"]).labels == {0: "a", 1: "b", 2: "c"}
    assert load_model(folder, labels={"0": "a", "1": "b", "2": "c"}).labels == {0: "a", 1: "b", 2: "c"}
    with pytest.raises(UsageError, match="2 labels were given for 3 classes"):
        load_model(folder, labels=["a", "b"])


def test_a_stated_grid_is_kept(folder: Path) -> None:
    assert load_model(folder, grid=(4, 4)).stated_grid == TokenGrid(4, 4)


def test_number_format(folder: Path) -> None:
    assert load_model(folder).dtype == torch.float32
    model = load_model(folder, dtype="bfloat16")
    assert model.dtype == torch.bfloat16
    assert model.logits(PIXELS).dtype == torch.bfloat16
    assert load_model(folder, dtype=torch.float16).dtype == torch.float16


@pytest.mark.parametrize("size", [(48, 48), (32, 64), "48x24"])
def test_another_input_size_interpolates_positions(folder: Path, size: Any) -> None:
    model = load_model(folder, image_size=size)
    height, width = size if isinstance(size, tuple) else (48, 24)
    assert model.processor.input_size == (height, width)
    assert model.processor([Image.new("RGB", (100, 30))]).shape == (1, 3, height, width)
    pixels = torch.randn(1, 3, height, width)
    expected = tiny_vit()(pixels, interpolate_pos_encoding=True).logits
    torch.testing.assert_close(model.logits(pixels), expected)


def test_a_model_that_takes_only_its_own_size(tmp_path: Path) -> None:
    ones, fours, widths = [1, 1, 1], [4, 4, 4], [16, 16, 16]
    config = transformers.LevitConfig(
        image_size=64, hidden_sizes=widths, key_dim=fours, num_attention_heads=ones, depths=ones
    )
    transformers.LevitForImageClassification(config).save_pretrained(tmp_path)
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(PROCESSOR))
    with pytest.raises(ModelLoadError, match=r"96 x 96 pixels .* takes only its own size"):
        load_model(tmp_path, image_size=96)


# --- folders that are none


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(ModelLoadError, match=r"holds no config\.json"):
        load_model(tmp_path)


def test_a_folder_without_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelLoadError, match="a configuration but no weights"):
        load_model(folder)


def test_a_pickle_is_not_opened_unasked(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    torch.save(weights, folder / "pytorch_model.bin")
    with pytest.raises(ModelLoadError, match=r"pytorch_model\.bin.*run any code.*allow_pickle=True"):
        load_model(folder)
    with pytest.raises(ModelLoadError, match="pickle"):
        load_model(folder, trust_remote_code=True)
    assert load_model(folder, allow_pickle=True).labels[0] == "cat"


def test_weights_that_are_nan_name_the_first_tensor(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    weights["classifier.weight"][1, 2] = torch.nan
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelLoadError, match=r"classifier\.weight holds NaN \(1 of 48 values\)"):
        load_model(folder)


def test_weights_cut_short(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(ModelLoadError, match="could not be loaded"):
        load_model(folder)


def test_a_backbone_without_a_classifier(tmp_path: Path) -> None:
    """It is opened as what it says it is, or, where its settings promise a classifier, refused."""
    save_tiny_vit(tmp_path)
    tiny_vit().vit.save_pretrained(tmp_path)
    assert load_model(tmp_path).task.name == "image-feature-extraction"
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"architectures": ["ViTForImageClassification"]}))
    with pytest.raises(ModelLoadError, match=r"no trained classifier: classifier\.bias, classifier\.weight are not"):
        load_model(tmp_path)


def test_a_head_of_another_size(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["id2label"] = {str(index): str(index) for index in range(7)}
    config["label2id"] = {str(index): index for index in range(7)}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelLoadError, match=r"config\.json: classifier\.bias is \(3,\) in the weights, \(7,\)"):
        load_model(folder)


def test_a_last_layer_exchanged_in_python_says_how_its_classes_are_named(folder: Path) -> None:
    model = tiny_vit()
    model.classifier = torch.nn.Linear(16, 2)
    model.save_pretrained(folder)
    with pytest.raises(ModelLoadError, match=r'name its 2 classes there: "id2label": \{"0": "NAME", \.\.\.\}'):
        load_model(folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"id2label": {"0": "cat", "1": "dog"}}))
    assert load_model(folder).labels == {0: "cat", 1: "dog"}


def test_a_head_of_several_layers_put_in_in_python_is_named(folder: Path) -> None:
    model = tiny_vit()
    model.classifier = torch.nn.Sequential(torch.nn.Linear(16, 8), torch.nn.Linear(8, 3))
    model.save_pretrained(folder)
    with pytest.raises(ModelLoadError, match=r"In their place are classifier\.0\.bias, .* and 1 more: a head that was"):
        load_model(folder)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (
            transformers.BertConfig(architectures=["BertForMaskedLM"]),
            "is BertForMaskedLM, which is opened here",
        ),
        (transformers.YolosConfig(), "is of type yolos, which is opened here neither"),
    ],
)
def test_models_of_another_task(tmp_path: Path, config: Any, words: str) -> None:
    config.save_pretrained(tmp_path)
    save_file({"x": torch.zeros(1)}, tmp_path / "model.safetensors")
    with pytest.raises(ModelLoadError, match=words):
        load_model(tmp_path)


def test_a_training_that_has_not_ended(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    with pytest.raises(ModelLoadError, match=f"has not ended yet.*vitx train --resume --out {tmp_path}"):
        load_model(tmp_path)
    (checkpoint := tmp_path / "checkpoints" / "checkpoint-45").mkdir()
    with pytest.raises(ModelLoadError, match=f"no model; end .*vitx train --resume --out {tmp_path}` and"):
        load_model(checkpoint)


def test_a_model_in_memory_says_what_it_knows_of_its_input() -> None:
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
    module = transformers.ViTForImageClassification(transformers.ViTConfig(image_size=48, **sizes))
    with pytest.raises(
        ModelLoadError, match=r"mean and std are no part of a model, and .* says size=48\. Give the proc"
    ):
        load_model(module)
    module.config.image_size = [48, 32]
    with pytest.raises(ModelLoadError, match=r"says size=\(48, 32\)\. Give the processor of its checkpoint"):
        load_model(module)


def test_no_word_on_preprocessing(tmp_path: Path, folder: Path) -> None:
    save_tiny_vit(tmp_path, processor=False)
    with pytest.raises(ModelLoadError, match=r"does not say how images become its input.*mean=") as refused:
        load_model(tmp_path)
    assert f'from_pretrained("THE MODEL YOU BEGAN WITH").save_pretrained("{tmp_path}")' in str(refused.value)
    transformers.AutoImageProcessor.from_pretrained(folder).save_pretrained(tmp_path)
    assert load_model(tmp_path).processor.input_size == load_model(folder).processor.input_size
    (tmp_path / "preprocessor_config.json").unlink()
    model = load_model(tmp_path, mean=(0.5, 0.4, 0.3), std=1, size=32)
    assert model.processor([Image.new("RGB", (5, 5))])[0, :, 0, 0].tolist() == pytest.approx([-0.5, -0.4, -0.3])


def test_code_of_the_model_is_not_run_unasked(folder: Path) -> None:
    marker = folder / "ran"
    config = json.loads((folder / "config.json").read_text())
    config["model_type"] = "mine"
    config["auto_map"] = {"AutoConfig": "code.MyConfig", "AutoModelForImageClassification": "code.MyModel"}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "code.py").write_text(f"open({str(marker)!r}, 'w')\n")
    with pytest.raises(ModelLoadError, match="trust_remote_code=True"):
        load_model(folder)
    assert not marker.exists()


def test_a_broken_configuration(folder: Path) -> None:
    (folder / "config.json").write_text("{")
    with pytest.raises(ModelLoadError, match="could not be loaded"):
        load_model(folder)


# --- names


@pytest.mark.parametrize("source", ["./nowhere", "/no/where", "~/nowhere-at-all", "a/b/c", Path("nowhere")])
def test_paths_that_do_not_exist(source: "str | Path") -> None:
    with pytest.raises(ModelLoadError, match=r"the folder .* does not exist"):
        load_model(source)


def test_an_unknown_library() -> None:
    with pytest.raises(UnknownNameError, match=r"paddle: .* known are timm:NAME, torchvision:NAME"):
        load_model("paddle:resnet")


def test_neither_folder_nor_hub_id() -> None:
    with pytest.raises(ModelLoadError, match="neither an existing folder nor a Hub id"):
        load_model("my model")


@pytest.mark.parametrize("name", NAMES)
def test_demo_models_are_opened_or_said_to_be_missing(name: str) -> None:
    from vitxplain.models.known_models import FOLDER

    if (FOLDER / name).is_dir():
        model = load_model(name)
        assert model.labels
        assert model.source == name
    else:
        with pytest.raises(ModelLoadError, match=f"comes without {name}"):
            load_model(name)


# --- the real thing


def test_deit_sees_a_cat(deit_tiny: Path, cat: Image.Image) -> None:
    model = load_model(deit_tiny)
    logits = model.logits(model.processor([cat]))
    assert model.labels[int(logits.argmax())] == "Egyptian cat"
