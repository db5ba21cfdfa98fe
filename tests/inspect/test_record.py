"""PyTorch models recorded as they run: values, pictures, what is left as it was, what is refused in words."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from tests.explainers.tiny import as_model, registers_module, resnet_module, sharpened, swin_module
from tests.models.tiny_vit import save_tiny_vit, tiny_vit
from tests.sweeps.transformers_models import tiny_model
from vitxplain import explain
from vitxplain.capture.layout import AttentionLayout, Latents, Patches, Queries, Text
from vitxplain.errors import OptionError, UnsupportedModelError, UsageError
from vitxplain.inspect import Record, open_recording, record
from vitxplain.inspect.live.layer_forms import layer_forms
from vitxplain.models.vision_model import VisionModel


@pytest.fixture(scope="module")
def vit() -> nn.Module:
    return sharpened(tiny_vit(attn_implementation="eager"))


@pytest.fixture(scope="module")
def loaded(vit: nn.Module) -> VisionModel:
    """The same, opened and probed once."""
    return as_model(vit, (32, 32))


def images(count: int, size: int = 32) -> torch.Tensor:
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(3))


def test_three_lines_record_what_the_model_attends_to(vit: nn.Module, tmp_path: Path):
    batch = images(2)
    vit.train()
    before = {name: value.clone() for name, value in vit.state_dict().items()}
    with record(vit, tmp_path) as recording:
        vit(batch)
    assert vit.training
    vit.eval()
    assert not vit._forward_pre_hooks
    assert all(torch.equal(value, before[name]) for name, value in vit.state_dict().items())
    with torch.no_grad():
        output = vit(batch, output_attentions=True)
    first, second = recording
    assert (first.name, second.name) == ("image 1", "image 2")
    assert len(recording) == 2
    assert recording["image 2"].path == recording[-1].path == second.path
    with pytest.raises(IndexError, match="none at 2"):
        recording[2]
    assert repr(recording) == f"Recorder({str(tmp_path)!r}, 2 recorded, step 0)"
    for number, attention in enumerate(output.attentions):
        expected = attention[1].numpy()
        assert np.abs(second.attention(number) - expected).max() < expected.max() / 255
        assert np.abs(second.rows(number) - expected[:, 0]).max() < expected.max() / 255
    best = second.facts["prediction"][0]
    assert best["score"] == pytest.approx(float(output.logits[1].softmax(-1).max()), abs=1e-5)
    assert best["label"] == vit.config.id2label[int(output.logits[1].argmax())]
    assert second.layers[0]["keys"]["prefix"] == ["class"]
    assert second.facts["picture"]["said"] == "drawn from the model's input"
    assert np.abs(np.asarray(second.picture()) / 255 - batch[1].permute(1, 2, 0).numpy()).max() < 0.01


def test_statistics_are_those_of_head_distance(loaded: VisionModel, tmp_path: Path):
    batch = images(1)
    record(loaded, tmp_path, batch)
    (row,) = open_recording(tmp_path)
    for place, statistic in enumerate(("distance", "entropy")):
        expected = explain(loaded, batch[0], "head-distance", statistic=statistic).values
        assert np.allclose(row.tensor("statistics")[..., place], expected, rtol=1e-4)
    similarity = explain(loaded, batch[0], "position-similarity").values.reshape(16, 16)
    assert np.allclose(row.tensor("positions"), similarity, atol=1e-3)


def test_photographs_keep_their_proportions_and_say_what_was_seen(tmp_path: Path):
    model = save_tiny_vit(tmp_path / "model")
    photograph = Image.fromarray(np.random.default_rng(0).integers(0, 255, (550, 1100, 3), np.uint8))
    photograph.save(tmp_path / "beach.png")
    record(str(model), tmp_path / "run", [tmp_path / "beach.png", photograph], methods=["rollout", "grad-cam"])
    beach, other = open_recording(tmp_path / "run")
    assert (beach.name, other.name) == ("beach", "image 2")
    assert (beach.facts["picture"]["width"], beach.facts["picture"]["height"]) == (1024, 512)
    assert beach.facts["seen"] == pytest.approx([0, 0, 1024, 512], abs=1)
    assert beach.facts["picture"]["said"] == ""
    rollout, grad_cam = beach.facts["maps"]
    assert (rollout["method"], rollout["target"]) == ("attention-rollout", "")
    assert grad_cam["target"] == beach.facts["prediction"][0]["label"]
    expected = explain(str(model), photograph, "rollout").values
    assert np.allclose(beach.tensor("maps.0"), expected, rtol=2e-3)


def test_ready_tensors_with_mean_and_std_give_the_picture_back(vit: nn.Module, tmp_path: Path):
    plain = images(1)
    mean, std = (torch.tensor(one).view(3, 1, 1) for one in ([0.5, 0.4, 0.3], [0.2, 0.2, 0.3]))
    normalised = (plain - mean) / std
    record(vit, tmp_path / "stated", normalised, mean=(0.5, 0.4, 0.3), std=(0.2, 0.2, 0.3))
    picture = np.asarray(open_recording(tmp_path / "stated")["image 1"].picture()) / 255
    assert np.abs(picture - plain[0].permute(1, 2, 0).numpy()).max() < 0.01
    record(vit, tmp_path / "unsaid", normalised)
    said = open_recording(tmp_path / "unsaid")["image 1"].facts["picture"]["said"]
    assert "stretched" in said
    assert "mean= and std=" in said
    with pytest.raises(OptionError, match="belong together"):
        record(vit, tmp_path, mean=0.5)


def test_layers_rows_and_precision_are_chosen(unchecked: None, loaded: VisionModel, tmp_path: Path):
    batch = images(1)
    record(loaded, tmp_path / "last", batch, layers=[-1], precision="float16", names=["mine"])
    last = open_recording(tmp_path / "last")["mine"]
    assert [layer["number"] for layer in last.layers] == [1]
    assert set(last.tensors) >= {"attention.01", "rows.01"}
    record(loaded, tmp_path / "rows", batch, queries="class")
    rows = open_recording(tmp_path / "rows")["image 1"]
    assert not any(name.startswith("attention") for name in rows.tensors)
    assert np.allclose(rows.rows(1), last.attention(0)[:, 0], atol=0.01)
    for options, words in (
        ({"layers": [5]}, "2 layers"),
        ({"precision": "int4"}, "sqrt8 or float16"),
        ({"methods": ["head-distance"]}, "no map over the image"),
        ({"methods": ["nothing"]}, "no method"),
    ):
        with pytest.raises(UsageError, match=words):
            record(loaded, tmp_path / "none", batch, **options)


def test_each_step_has_its_images_and_a_call_too_many_is_left_alone(loaded: VisionModel, tmp_path: Path):
    with record(loaded, tmp_path, max_images=2, queries="class", step=5, names=["a"]) as recording:
        loaded.module(pixel_values=images(1))
        loaded.module(images(3))
        recording.step = 6
        loaded.module(images(1))
    assert [(one.step, one.name) for one in recording.read()] == [(5, "a"), (5, "image 2"), (6, "a")]


def test_what_is_not_recorded_is_said(loaded: VisionModel, tmp_path: Path):
    with pytest.raises(UsageError, match="nothing was recorded"), record(loaded, tmp_path):
        pass
    with pytest.raises(ZeroDivisionError), record(loaded, tmp_path):
        raise ZeroDivisionError
    assert not loaded.module._forward_pre_hooks
    with pytest.raises(UnsupportedModelError, match="no attention to record"):
        record(as_model(resnet_module()), tmp_path, images(1))
    with pytest.raises(UsageError, match="1 images and 2 names"):
        record(loaded, tmp_path).add(images(1), names=["a", "b"])


def test_registers_are_named(tmp_path: Path):
    record(as_model(registers_module()), tmp_path, images(1))
    (row,) = open_recording(tmp_path)
    assert row.layers[0]["keys"]["prefix"][0] == "class"
    assert row.layers[0]["keys"]["prefix"][1].startswith("register 1")


def windows_of(recorded: Record, layer: int, query: int) -> np.ndarray:
    """What one place attends to on the grid, from the windows as they are stored: (head, place)."""
    windows, weights = recorded.tensor(f"windows.{layer:02d}"), recorded.attention(layer)
    ((window, slot),) = np.argwhere(windows == query)
    row = np.zeros((weights.shape[0], recorded.layers[layer]["keys"]["count"]), np.float32)
    there = windows[window] >= 0
    row[:, windows[window][there]] = weights[:, window * windows.shape[1] + slot][:, there]
    return row


def test_windows_are_stitched_to_the_image(tmp_path: Path):
    """The second layer's are shifted."""
    model = as_model(swin_module())
    batch = images(1)
    record(model, tmp_path, batch)
    (row,) = open_recording(tmp_path)
    windowed = [number for number, layer in enumerate(row.layers) if f"windows.{number:02d}" in row.tensors]
    assert len(windowed) >= 2
    for layer in windowed[:2]:
        assert row.layers[layer]["kind"] == "window"
        assert "stitched" in row.layers[layer]["note"]
        for query in (0, 7):
            expected = explain(model, batch[0], "raw-attention", layer=layer, query=query).values[0]
            assert np.allclose(windows_of(row, layer, query), expected.reshape(len(expected), -1), atol=0.01)
        count = row.layers[layer]["queries"]["count"]
        every = np.mean([windows_of(row, layer, query) for query in range(count)], 0)
        assert np.allclose(row.rows(layer), every, atol=1e-3)
        assert row.rows(layer).sum(-1) == pytest.approx(1, abs=0.02)


def test_windows_in_which_other_tokens_ask_are_stitched_too(tmp_path: Path):
    """Hiera pools the queries of a window."""
    record(as_model(tiny_model("HieraForImageClassification"), (64, 64)), tmp_path, images(1, 64))
    (row,) = open_recording(tmp_path)
    pooled = [layer for layer in row.layers if layer["queries"]["kind"] == "all places"]
    assert pooled
    assert pooled[0]["keys"]["grid"] == [16, 16]
    assert row.rows(pooled[0]["number"]).sum(-1) == pytest.approx(1, abs=0.02)


def test_pooled_keys_have_a_grid_of_their_own(tmp_path: Path):
    """PVT's first layer: 256 places ask 4; distances are from place to place all the same."""
    record(as_model(tiny_model("PvtForImageClassification"), (64, 64)), tmp_path, images(1, 64))
    (row,) = open_recording(tmp_path)
    assert (row.layers[0]["queries"]["grid"], row.layers[0]["keys"]["grid"]) == ([16, 16], [2, 2])
    assert row.attention(0).shape == (1, 256, 4)
    assert 0 < row.tensor("statistics")[0, 0, 0] < 64
    assert row.facts["default_query"] == "class"  # of the last layer


def test_latents_and_words_are_said_to_have_no_place():
    words, latents, queries = Text(5), Latents(6), Queries(7)
    patches = Patches(((4, 4), (2, 2)))
    common = {"path": "block", "axes": "batch head query key", "heads": 2}
    forms = layer_forms(
        [
            AttentionLayout(kind="branch", shape=(1, 2, 5, 5), query_tokens=words, key_tokens=words, **common),
            AttentionLayout(kind="cross", shape=(1, 2, 6, 20), query_tokens=latents, key_tokens=patches, **common),
            AttentionLayout(kind="unused", shape=(1, 2, 3, 3), **common),
            AttentionLayout(kind="cross", shape=(1, 2, 7, 5), query_tokens=queries, key_tokens=words, **common),
            AttentionLayout(kind="channel", shape=(1, 2, 8, 8), **common),
        ]
    )
    assert list(forms) == [0, 1, 3, 4]
    assert [form.number for form in forms.values()] == [0, 1, 2, 3]
    assert [(form.queries.kind, form.keys.kind) for form in forms.values()] == [
        ("text", "text"),
        ("latents", "patches"),
        ("object queries", "text"),
        ("channels", "channels"),
    ]
    assert forms[1].keys.grid == (4, 4)  # levels are added up on the finest
    assert all(form.note for form in forms.values() if form.keys.grid is None)


def test_features_are_recorded_without_a_prediction(vit: nn.Module, tmp_path: Path):
    with record(vit.vit, tmp_path) as recording:
        vit.vit(images(1))
    (row,) = recording.read()
    assert row.facts["task"] == "image-feature-extraction"
    assert row.facts["prediction"] == []


@pytest.mark.slow
def test_a_detector_tells_what_it_found_and_who_asked(tmp_path: Path):
    from vitxplain import load_data, load_model

    sample = load_data("scenes", split="test")[0]
    model: VisionModel = load_model("demo-detector")
    recorder = record(model, tmp_path, [sample.image], methods=["cross-attention"])
    (row,) = recorder.read()
    cross = [layer for layer in row.layers if layer["queries"]["kind"] == "object queries" and layer["keys"]["grid"]]
    assert cross
    assert row.facts["found"]
    best = row.facts["found"][0]
    assert 0 <= best["query"] < cross[0]["queries"]["count"]
    assert best["box"][0] < best["box"][2]
    weights = row.attention(cross[-1]["number"])[:, best["query"]]
    assert weights.sum(-1).max() <= 1.01
    assert row.facts["maps"][0]["method"] == "cross-attention"
    json.dumps(dict(row.facts), allow_nan=False)


def test_a_layer_beyond_the_bound_keeps_its_rows(loaded: VisionModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("vitxplain.inspect.live.layer_forms.MOST_LAYER_BYTES", 100)
    record(loaded, tmp_path, images(1))
    (row,) = open_recording(tmp_path)
    assert {layer["rows"] for layer in row.layers} == {"class"}
    assert "too large" in row.layers[0]["note"]


def test_a_module_that_is_wrapped_is_recorded(vit: nn.Module, tmp_path: Path):
    wrapped = nn.DataParallel(vit)
    with record(wrapped, tmp_path, queries="class") as recording:
        wrapped(images(1))
    assert len(recording.read()) == 1


def test_a_loaded_model_records_by_its_module(loaded: VisionModel, tmp_path: Path):
    model = replace(loaded, source="mine")
    with record(model, tmp_path, queries="class") as recording:
        model.output(images(1))
    assert [one.facts["model"] for one in recording.read()] == ["mine"]


@pytest.mark.real
def test_rollout_of_a_record_is_that_of_the_model(deit_tiny: Path, cat: Image.Image, tmp_path: Path):
    """Within 0.2 % of the exact one, in 8 bits."""
    record(str(deit_tiny), tmp_path, [cat])
    (row,) = open_recording(tmp_path)
    carried = np.zeros(197)
    carried[0] = 1
    for layer in reversed(range(len(row.layers))):
        mean = row.attention(layer).mean(0, dtype=np.float64)
        carried = 0.5 * carried + 0.5 * carried @ (mean / mean.sum(-1, keepdims=True))
    exact = explain(str(deit_tiny), cat, "rollout").values.flatten()
    assert np.abs(carried[1:] - exact).sum() < 0.002 * exact.sum()
    assert row.facts["prediction"][0]["label"].startswith("Egyptian cat")
    assert row.path.stat().st_size < 1.7e6
