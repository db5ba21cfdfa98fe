"""What can go wrong while training: said in one sentence, with what was learnt kept."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import TrainerCallback

from tests.train.tiny import tiny
from vitxplain.errors import DataError, OptionError, OutputError, TrainError, UnsupportedModelError, UsageError
from vitxplain.files.writer_lock import writer_lock
from vitxplain.train.config.options import TrainOptions
from vitxplain.train.config.trainer_arguments import trainer_arguments
from vitxplain.train.loop.trainer import remedies
from vitxplain.train.records import checkpoints
from vitxplain.train.records.run_folder import RunFolder


class Spoil(TrainerCallback):
    """Sets every weight to NaN before a step."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_step_begin(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        if state.global_step == self.step - 1:
            with torch.no_grad():
                for weight in others["model"].parameters():
                    weight.fill_(float("nan"))


def test_a_loss_that_is_no_number_stops_the_run(tmp_path: Path):
    with pytest.raises(TrainError, match=r"is nan at step 4 \(epoch 0.60\).*; the checkpoint of step 2 is kept"):
        tiny(tmp_path / "run", callbacks=[Spoil(4)])
    newest = checkpoints.newest(tmp_path / "run" / "checkpoints")
    assert newest is not None
    assert checkpoints.step_of(newest) == 2


def test_a_loss_that_is_no_number_before_any_checkpoint(tmp_path: Path):
    with pytest.raises(TrainError, match=r"there is no checkpoint\. Try a learning_rate below 0\.001 or a warmup"):
        tiny(tmp_path / "run", callbacks=[Spoil(1)])


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        ({"clip": 0, "precision": "fp16"}, ", a warmup above 0.1, clip=1 or precision=fp32 (or bf16)"),
        ({"clip": 1, "precision": "bf16"}, ", a warmup above 0.1 or precision=fp32"),
        ({"scheduler": "plateau"}, ""),
    ],
)
def test_only_what_is_not_done_already_is_advised(tmp_path: Path, options: dict, advice: str):
    given = TrainOptions(**{"epochs": 1, "learning_rate": 0.1, "eval_every": 1, **options})
    cpu = torch.device("cpu")
    made = trainer_arguments(replace(given, precision="fp32"), tmp_path, cpu)
    made.fp16, made.bf16 = given.precision == "fp16", given.precision == "bf16"  # refused without a GPU
    assert remedies(made) == f"a learning_rate below 0.1{advice}"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 600 kB."""
    place = tmp_path / "disk"
    place.mkdir()
    if (
        os.geteuid()
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", place], check=False).returncode
    ):
        pytest.skip("needs the right to mount a small file system")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_full_disk_keeps_the_last_checkpoint(small_disk: Path):
    class Fill(TrainerCallback):
        def on_save(self, args: Any, state: Any, control: Any, **others: Any) -> None:
            free = os.statvfs(small_disk).f_bavail * 4096
            (small_disk / "ballast").write_bytes(bytes(free - 60_000))

    run = small_disk / "run"
    small = {"options": {"eval_every": 100}}
    with pytest.raises(
        OutputError, match="step 4 could not be written to .*: the disk is full. The one of step 2 is kept"
    ):
        tiny(run, callbacks=[Fill()], **small)
    assert [path.name for path in (run / "checkpoints").iterdir()] == ["checkpoint-2"]
    assert checkpoints.newest(run / "checkpoints") is not None
    (small_disk / "ballast").unlink()
    assert tiny(run, resume=True, **small).step == 10


def test_two_trainings_do_not_share_a_folder(tmp_path: Path):
    with writer_lock(tmp_path / "run"), pytest.raises(UsageError, match=f"process {os.getpid()} .*is writing into"):
        tiny(tmp_path / "run")


@pytest.mark.parametrize("at_step", [1, 4])
def test_a_run_that_is_removed_is_named_and_not_made_again(tmp_path: Path, at_step: int):
    class Remove(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **others: Any) -> None:
            if state.global_step == at_step:
                (tmp_path / "run").rename(tmp_path / "elsewhere")

    with pytest.raises(OutputError, match=f"the folder {tmp_path}/run was removed"):
        tiny(tmp_path / "run", callbacks=[Remove()], options={"epochs": 1})
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("content", ["", "[1]", '{"step": 3, "colour": "red"}', "\0" * 40])
def test_a_result_that_no_run_wrote_is_none(tmp_path: Path, content: str):
    (tmp_path / "result.json").write_text(content)
    assert RunFolder(tmp_path).saved_result() is None


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path):
    run = tmp_path / "run"
    run.mkdir()
    (run / "thesis.txt").write_text("years of work")
    with pytest.raises(UsageError, match="holds no run; give another folder"):
        tiny(run, overwrite=True)
    (run / "thesis.txt").rename(tmp_path / "thesis.txt")
    tiny(run, options={"steps": 1, "epochs": None})
    with pytest.raises(UsageError, match="holds a run; continue it with --resume"):
        tiny(run)
    (tmp_path / "thesis.txt").rename(run / "thesis.txt")
    assert tiny(run, options={"steps": 2, "epochs": None}, overwrite=True).step == 2
    assert (run / "thesis.txt").read_text() == "years of work"


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        ({"options": {"loggers": "tensorbord"}}, OptionError, "no logger 'tensorbord'"),
        ({"options": {"loggers": "wandb"}}, OptionError, r"pip install 'vitxplain\[wandb\]'"),
        ({"options": {"optimizer": "adamw"}}, OptionError, "no optimizer 'adamw'; did you mean adamw_"),
        ({"options": {"watch_every": 2, "watch_method": "rolout"}}, UsageError, "no method is called 'rolout'"),
        (
            {"options": {"watch_every": 2, "watch_method": "cam"}},
            UnsupportedModelError,
            "watch_method=cam does not fit scratch vit: .*Methods that do: affinity-attention, .*; auto chooses one",
        ),
        ({"options": {"watch_every": 2, "watch_method": "head-distance"}}, UnsupportedModelError, "gives no map"),
        ({"options": {"watch_attention": True}}, OptionError, "which is 0: never"),
        (
            {
                "options": {"watch_every": 2, "watch_attention": True},
                "model_options": {
                    "kind": "cnn",
                    "widths": (4,),
                    "blocks": (1,),
                    "strides": (2,),
                    "image_size": (24, 24),
                },
            },
            UnsupportedModelError,
            "watch_attention=true cannot be: .* has no attention to record",
        ),
        ({"resume": True, "overwrite": True}, UsageError, "exclude each other"),
    ],
)
def test_wrong_calls_attempt_nothing(tmp_path: Path, wrong: dict, error: type, said: str):
    with pytest.raises(error, match=said):
        tiny(tmp_path / "run", **wrong)
    assert not (tmp_path / "run").exists()


def test_one_class_only(tmp_path: Path, photo_folder: Any):
    folder = photo_folder({"cat": 6})
    with pytest.raises(DataError):
        tiny(tmp_path / "run", data=str(folder), data_options={}, limit=None)


def test_too_few_images_to_divide(tmp_path: Path, photo_folder: Any):
    folder = photo_folder({"cat": 1, "dog": 1})
    with pytest.raises(
        DataError,
        match=r"holds no images, and training needs .*; add images .* or .* -o data\.ratio=50,25,25\)\.$",
    ):
        tiny(tmp_path / "run", data=str(folder), data_options={}, limit=None)
    assert not (tmp_path / "run").exists()
