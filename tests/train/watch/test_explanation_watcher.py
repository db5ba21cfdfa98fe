"""Watching explanations while training."""

import csv
import random
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor
from transformers import (
    PreTrainedModel,
    ResNetConfig,
    ResNetForImageClassification,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
    ViTConfig,
    ViTForImageClassification,
)

from vitxplain.data.sample import Sample
from vitxplain.data.synthetic.digits import Digits
from vitxplain.errors import UnknownNameError, UnsupportedModelError, UsageError
from vitxplain.inspect import open_recording
from vitxplain.models.loading.load import load_model
from vitxplain.models.vision_model import VisionModel
from vitxplain.train.watch.explanation_watcher import ExplanationWatcher
from vitxplain.train.watch.probe_images import keep_random_state, probe_samples

SIZE = (32, 32)
TRAINING, VALIDATION = Digits("train", size=SIZE, count=16), Digits("validation", size=SIZE, count=20)


def vit() -> PreTrainedModel:
    """With dropout, so that training draws random numbers at each step."""
    torch.manual_seed(3)
    config = ViTConfig(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        image_size=32,
        patch_size=8,
        hidden_dropout_prob=0.2,
        attention_probs_dropout_prob=0.2,
        num_labels=10,
    )
    return ViTForImageClassification(config)


def cnn() -> PreTrainedModel:
    """With batch normalisation, whose statistics a pass in training mode would change."""
    torch.manual_seed(3)
    config = ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic", num_labels=10)
    return ResNetForImageClassification(config)


def opened(module: PreTrainedModel) -> VisionModel:
    return load_model(module, mean=0.5, std=0.5, size=SIZE, labels=list("0123456789"))


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / "attention_distance.csv").open() as file:
        return list(csv.DictReader(file))


def step_end(watcher: ExplanationWatcher, folder: Path, *, main: bool = True) -> None:
    state = TrainerState(global_step=2, max_steps=9, is_world_process_zero=main)
    watcher.on_step_end(TrainingArguments(str(folder / "run"), use_cpu=True), state, TrainerControl())


def trained(
    module: PreTrainedModel, folder: Path, callbacks: Sequence[TrainerCallback], steps: int = 5
) -> Mapping[str, Tensor]:
    processor = opened(module).processor

    def collate(samples: list[Sample]) -> dict[str, Tensor]:
        pixels = processor([sample.image for sample in samples])
        return {"pixel_values": pixels, "labels": torch.tensor([sample.label for sample in samples])}

    arguments = TrainingArguments(
        str(folder),
        per_device_train_batch_size=4,
        max_steps=steps,
        learning_rate=1e-2,
        seed=7,
        use_cpu=True,
        report_to="none",
        save_strategy="no",
        remove_unused_columns=False,
        disable_tqdm=True,
    )
    trainer = Trainer(
        module, arguments, data_collator=collate, train_dataset=list(TRAINING), callbacks=[*callbacks, Modes(module)]
    )
    trainer.train()
    return module.state_dict()


class Modes(TrainerCallback):
    """Comes after the watcher and looks how it left the network."""

    def __init__(self, module: PreTrainedModel) -> None:
        self.module = module

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: Any, **others: Any) -> None:
        assert all(part.training for part in self.module.modules())
        assert all(one.grad is None and one.requires_grad for one in self.module.parameters())


@pytest.mark.parametrize("make", [vit, cnn])
@pytest.mark.filterwarnings("ignore:no attention distance")
def test_training_is_the_same_as_without_it_bit_by_bit(make: Any, tmp_path: Path):
    plain = trained(make(), tmp_path / "plain", [])
    module, run = make(), tmp_path / "run" if make is vit else None
    watcher = ExplanationWatcher(tmp_path / "probes", opened(module), VALIDATION, every=3, images=2, recording=run)
    watched = trained(module, tmp_path, [watcher])
    assert {name for name in plain if not torch.equal(plain[name], watched[name])} == set()
    first = next(iter(plain))
    assert not torch.equal(make().state_dict()[first], watched[first])
    if run is not None:
        recording = open_recording(run)
        assert [record.step for record in recording] == [0, 0, 3, 3, 5, 5]
        assert {map_of["method"] for record in recording for map_of in record.facts["maps"]} == {watcher.method}
        assert not np.array_equal(recording.records[0].attention(0), recording.records[-2].attention(0))


def test_a_network_without_attention_is_not_recorded(tmp_path: Path):
    with pytest.raises(UnsupportedModelError, match="no attention to record"):
        ExplanationWatcher(tmp_path, opened(cnn()), VALIDATION, recording=tmp_path / "run")


def test_random_numbers_are_left_as_found():
    def drawn() -> tuple[float, float, float]:
        return random.random(), np.random.rand(), torch.rand(1).item()

    def seed() -> None:
        random.seed(5), np.random.seed(5), torch.manual_seed(5)

    seed()
    expected = drawn()
    seed()
    with pytest.raises(ZeroDivisionError), keep_random_state(torch.device("cpu")):
        drawn(), 1 / 0
    assert drawn() == expected


def test_pictures_and_distances(tmp_path: Path):
    module = vit()
    watcher = ExplanationWatcher(tmp_path / "probes", opened(module), VALIDATION, every=2, images=4)
    trained(module, tmp_path, [watcher])
    pictures = sorted(path.name for path in (tmp_path / "probes").glob("*.png"))
    assert pictures == [f"step-00000{step}.png" for step in (0, 2, 4, 5)]
    with Image.open(tmp_path / "probes" / pictures[0]) as picture:
        assert picture.width > picture.height > 200
    rows = table(tmp_path / "probes")
    assert [row["step"] for row in rows] == ["0", "2", "4", "5"]
    assert all(0 < float(row[f"layer_{layer}"]) < 32 for row in rows for layer in (0, 1))


def test_distances_are_those_of_head_distance(tmp_path: Path):
    from vitxplain import explain

    module = vit()
    watcher = ExplanationWatcher(tmp_path, opened(module), VALIDATION, every=5, images=3)
    trained(module, tmp_path / "run", [watcher])
    images = [sample.image for sample in watcher.samples]
    expected = np.mean([one.values for one in explain(opened(module), images, "head-distance")], axis=(0, 2))
    last = table(tmp_path)[-1]
    np.testing.assert_allclose([float(last["layer_0"]), float(last["layer_1"])], expected, atol=1e-3)


def test_rows_of_steps_that_are_done_again_after_resuming_are_not_there_twice(tmp_path: Path):
    module = vit()
    (tmp_path / "attention_distance.csv").write_text("step,layer_0,layer_1\n0,1,1\n2,2,2\n4,3,3\n")
    watcher = ExplanationWatcher(tmp_path, opened(module), VALIDATION, every=2, images=2)
    step_end(watcher, tmp_path)
    assert [row["step"] for row in table(tmp_path)] == ["0", "2"]


def test_other_processes_write_nothing(tmp_path: Path):
    watcher = ExplanationWatcher(tmp_path, opened(vit()), VALIDATION, every=2, images=2)
    step_end(watcher, tmp_path, main=False)
    assert list(tmp_path.glob("*.*")) == []


def test_tensorboard_gets_pictures_and_distances(tmp_path: Path):
    tensorboard = pytest.importorskip("torch.utils.tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    module = vit()
    with tensorboard.SummaryWriter(tmp_path / "events") as writer:
        watcher = ExplanationWatcher(tmp_path, opened(module), VALIDATION, every=2, images=2, writer=lambda: writer)
        trained(module, tmp_path / "run", [watcher], steps=4)
    events = EventAccumulator(str(tmp_path / "events"), {"images": 0, "scalars": 0}).Reload()
    assert [one.step for one in events.Images("probes")] == [0, 2, 4]
    assert sorted(events.Tags()["scalars"]) == ["attention_distance/layer_0", "attention_distance/layer_1"]
    written = table(tmp_path)
    logged = [one.value for one in events.Scalars("attention_distance/layer_1")]
    assert logged == pytest.approx([float(row["layer_1"]) for row in written], abs=1e-3)


def test_a_cnn_has_no_attention_distance_and_that_is_said_once(tmp_path: Path):
    module = cnn()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        watcher = ExplanationWatcher(tmp_path, opened(module), VALIDATION, every=1, images=2)
        trained(module, tmp_path / "run", [watcher], steps=2)
    assert [str(one.message).split(":")[0] for one in said] == ["no attention distance is written while training"]
    assert {path.name for path in tmp_path.glob("*.*")} == {f"step-00000{step}.png" for step in range(3)}


def test_a_picture_that_cannot_be_written_does_not_end_the_training(tmp_path: Path):
    (tmp_path / "probes").write_text("a file")
    module = vit()
    watcher = ExplanationWatcher(tmp_path / "probes", opened(module), VALIDATION, every=5, images=2)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        trained(module, tmp_path / "run", [watcher])
    assert [str(one.message)[:15] for one in said] == ["nothing of step", "nothing of step"]
    assert "probes is in the way" in str(said[0].message)


def test_images_are_the_same_each_time_and_others_with_another_seed():
    first, second, other = ([one.name for one in probe_samples(VALIDATION, 6, seed)] for seed in (0, 0, 1))
    assert first == second != other
    assert len(set(first)) == 6
    assert len(probe_samples(VALIDATION, 100, 0)) == 20


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"method": "cam"}, UnsupportedModelError, "cam needs"),
        ({"method": "rolout"}, UnknownNameError, "rolout"),
        ({"every": 0}, UsageError, "every"),
        ({"images": 0}, UsageError, "images"),
    ],
)
def test_what_cannot_be_is_refused_before_training(settings: dict, error: type, message: str, tmp_path: Path):
    with pytest.raises(error, match=message):
        ExplanationWatcher(tmp_path, opened(vit()), VALIDATION, **settings)
