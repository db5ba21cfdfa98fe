"""Whatever a folder names, only the classifiers and image processors of transformers are called."""

import json
from pathlib import Path

import pytest
import torch
import transformers
from safetensors.torch import save_file
from transformers import DeiTConfig, DeiTForImageClassification, DeiTForImageClassificationWithTeacher, ViTConfig

from tests.bad_input.conftest import Variant, variant  # noqa: F401 - fixtures
from tests.cli.conftest import vit_folder  # noqa: F401 - fixtures
from vitxplain import load_model
from vitxplain.errors import ModelLoadError
from vitxplain.models.loading.adapter import LoadRequest
from vitxplain.models.loading.blueprint import build
from vitxplain.models.loading.from_transformers import _task_words
from vitxplain.models.trust.model_classes import check_processor_class, classifier_class

SMALL = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8, "image_size": 16}


def _blueprint(**settings: object) -> dict[str, object]:
    return {"backend": "transformers", "config": {"model_type": "vit", **SMALL, **settings}}


@pytest.mark.parametrize("name", ["pipeline", "AutoModel", "Trainer", "ViTConfig", "BertModel", "ViTModel", "logging"])
def test_a_blueprint_calls_nothing_but_a_classifier_of_its_type(monkeypatch: pytest.MonkeyPatch, name: str):
    calls: list[object] = []
    if name == "pipeline":
        monkeypatch.setattr(transformers, name, lambda *arguments, **_: calls.append(arguments))
    with pytest.raises(ModelLoadError, match=f"folder names '{name}' among its .*ViTForImageClassification"):
        build(_blueprint(architectures=[name]), 3, (16, 16), source="folder")
    assert calls == []


def test_a_blueprint_of_another_task_or_of_an_unknown_type():
    for kind, words in {"bert": "no image classifier", "own": "does not have and its own code is never run"}.items():
        with pytest.raises(ModelLoadError, match=words):
            build(_blueprint(model_type=kind, auto_map={"AutoConfig": "x.Y"}), 3, (16, 16))


def test_of_several_classes_the_one_named_is_taken():
    for model_class in (DeiTForImageClassification, DeiTForImageClassificationWithTeacher):
        assert classifier_class("x", DeiTConfig(architectures=[model_class.__name__])) is model_class
    assert classifier_class("x", DeiTConfig(architectures=["MyOwnDeiT"])) is DeiTForImageClassification
    assert classifier_class("x", ViTConfig()) is transformers.ViTForImageClassification


def test_code_that_a_saved_folder_names_is_not_run_nor_asked_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("a question was put"))
    (tmp_path / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    settings = _blueprint(auto_map={"AutoModelForImageClassification": f"{tmp_path}--evil.Model"})
    module = build(settings, 3, (16, 16))
    save_file(module.state_dict(), tmp_path / "model.safetensors")
    facts = {"num_classes": 3, "input_size": [16, 16], "mean": [0.5] * 3, "std": [0.5] * 3}
    (tmp_path / "vitxplain.json").write_text(json.dumps(settings | facts))
    assert len(load_model(tmp_path).labels) == 3
    assert not (tmp_path / "ran").exists()


def test_code_that_a_processor_names_is_not_run_nor_asked_about(variant: Variant, monkeypatch: pytest.MonkeyPatch):  # noqa: F811
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("a question was put"))
    folder = variant(preprocessor_config={"auto_map": {"AutoImageProcessor": "evil.Processor"}})
    (folder / "evil.py").write_text(f"open({str(folder / 'ran')!r}, 'w')")
    for model in (folder, transformers.ViTForImageClassification.from_pretrained(folder)):
        assert load_model(model).processor.input_size == (32, 32)
    assert not (folder / "ran").exists()


def test_a_processor_is_an_image_processor(variant: Variant):  # noqa: F811
    folder = variant(preprocessor_config={"image_processor_type": "ViTConfig"})
    with pytest.raises(ModelLoadError, match="names 'ViTConfig' as its image processor, which is none"):
        load_model(folder)
    for name in (None, "ViTImageProcessor", "ViTImageProcessorFast", "ViTImageProcessorPil", "NoSuchProcessor"):
        check_processor_class("folder", name)


class ToldItsTask(torch.nn.Module):
    config = transformers.OneFormerConfig(task_seq_len=12)

    def forward(self, pixel_values: torch.Tensor, task_inputs: torch.Tensor) -> None: ...


def test_a_tokenizer_is_of_one_class_whatever_its_files_name(tmp_path: Path):
    letters = [
        "<|startoftext|>",
        "<|endoftext|>",
        *(f"{letter}{end}" for letter in "acehiknopst" for end in ("", "</w>")),
    ]
    words = transformers.CLIPTokenizer(vocab={letter: number for number, letter in enumerate(letters)}, merges=[])
    words.save_pretrained(tmp_path)
    settings = json.loads((tmp_path / "tokenizer_config.json").read_text("utf-8"))
    settings |= {"auto_map": {"AutoTokenizer": ["evil.Words", None]}, "tokenizer_class": "Words"}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings), "utf-8")
    (tmp_path / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    words = _task_words(ToldItsTask(), str(tmp_path), {}, LoadRequest())
    assert words is not None
    assert words.task.tolist()[0][:3] == [0, letters.index("t"), letters.index("h")]
    assert not (tmp_path / "ran").exists()
