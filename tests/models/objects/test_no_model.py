"""What is no model: few words, whatever it is, and the way out."""

from typing import Any

import numpy as np
import pytest
import torch
import transformers
from PIL import Image
from torch import nn

from vitxplain.models.objects.no_model import file_is_no_model, no_model

STATE = {f"layers.{index}.weight": torch.zeros(50, 50) for index in range(200)}


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        (STATE, ["a state dict, 200 weights", "module.load_state_dict(...)"]),
        ({"epoch": 3, "model_state": STATE}, ["200 weights under 'model_state'", "checkpoint['model_state']"]),
        ({"epoch": 3, "net": nn.Linear(2, 2)}, ["a dict with a module under 'net'", "checkpoint['net']"]),
        ({}, ["a dict with 0 keys"]),
        (nn.Linear, ["<class 'torch.nn.modules.linear.Linear'>", "Linear(...), with its weights"]),
        (transformers.ViTForImageClassification, ["ViTForImageClassification.from_pretrained(...)"]),
        (transformers.ViTImageProcessorPil(), ["a ViTImageProcessorPil", "processor="]),
        (np.zeros((900, 900, 3), np.uint8), ["an array of shape (900, 900, 3)", "explain(model, image)"]),
        (torch.zeros(3, 900, 900), ["an array of shape (3, 900, 900)", "explain(model, image)"]),
        (Image.new("RGB", (9, 9)), ["an image is no model", "explain(model, image)"]),
        ([nn.Linear(2, 2)] * 2, ["a list of 2", "one model at a time"]),
        (torch.relu, ["the function relu", "wrap it in an nn.Module"]),
        ("", ["'' is no model"]),
        (None, ["None is no model"]),
        (range(10**9), ["range(0, 1000000000) is no model"]),
        (b"x" * 10**6, ["b'xxx"]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_its_words(thing: Any, words: list[str]) -> None:
    message = str(no_model(thing))
    assert "is no model; give a folder, a name of `vitx models`, a Hub id" in message
    assert [word for word in words if word not in message] == []
    assert len(message) < 600


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("best.pth", "load_state_dict(torch.load(path, weights_only=True))"),
        ("last.pth.tar", "load_state_dict(torch.load(path, weights_only=True))"),
        ("model.safetensors", "load_state_dict(safetensors.torch.load_file(path))"),
        ("net.onnx", "give the PyTorch module that was exported"),
        ("net.pt2", "torch.export.load(path).module()"),
        ("export.pkl", "runs code when it is opened"),
        ("cat.png", "with its config.json."),
    ],
)
def test_a_file_is_told_by_its_name(name: str, words: str) -> None:
    message = str(file_is_no_model(name))
    assert message.startswith(f"{name} is a file; give the folder it lies in, with its config.json.")
    assert message.endswith(words) or words in message
