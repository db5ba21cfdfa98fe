"""vitx tune, with the smallest runs there are."""

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image

from vitxplain.errors import OptionError, UnsupportedModelError, UsageError
from vitxplain.files.writer_lock import writer_lock
from vitxplain.models.loading.load import load_model
from vitxplain.train.config.configure import configure
from vitxplain.train.config.run_config import RunConfig
from vitxplain.train.tuning.search_space import TrialResult
from vitxplain.train.tuning.tune import TuningResult, best_of, tune

OPTIONS = (
    *("image_size=24x24", "patch_size=8", "hidden_size=16", "num_hidden_layers=1", "num_attention_heads=2"),
    *("data.size=24x24", "batch_size=8", "steps=6", "eval_every=2", "save_every=2", "watch_every=0"),
)
SEARCH = "learning_rate=1e-4:1e-2,batch_size=4|8"


def tiny(out: Path, **others: Any) -> TuningResult:
    given = {"search": SEARCH, "options": OPTIONS, "limit": 16, "device": "cpu", "trials": 2}
    return tune("scratch", "digits", out=out, **{**given, **others})


def test_a_method_that_does_not_fit_begins_no_search(tmp_path: Path):
    with pytest.raises(UnsupportedModelError, match="watch_method=cam does not fit"):
        tiny(tmp_path / "study", options=(*OPTIONS, "watch_every=2", "watch_method=cam"))
    assert not (tmp_path / "study").exists()


def test_a_search(tmp_path: Path):
    ended: list[int] = []
    found = tiny(tmp_path / "study", on_trial=lambda trial, _best: ended.append(trial.number))
    assert ended == [1, 2]
    assert (found.metric, [one.state for one in found.trials]) == ("accuracy", ["complete"] * 2)
    assert found.best is not None
    for one in found.trials:
        config = yaml.safe_load((one.run / "config.yaml").read_text())
        assert config["learning_rate"] == one.options["learning_rate"]
        assert str(config["batch_size"]) == one.options["batch_size"]
        assert load_model(one.run).labels[7] == "7"
        assert not (one.run / "checkpoints").exists()
    best = RunConfig.from_yaml((found.best.run / "config.yaml").read_bytes())
    assert configure(found.folder / "best.yaml", []) == best
    with (found.folder / "trials.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["accuracy"]) for row in rows] == [one.value for one in found.trials]
    with Image.open(found.folder / "history.png") as picture:
        assert picture.width > picture.height > 200
    # Resumed with as many trials there is nothing left to do; with more, those are done.
    assert [one.number for one in tiny(tmp_path / "study", resume=True).trials] == [1, 2]
    more = tune(out=tmp_path / "study", resume=True, trials=3, device="cpu")
    assert [one.number for one in more.trials] == [1, 2, 3]
    assert len({one.options["learning_rate"] for one in more.trials}) == 3  # what was tried is not tried again


@pytest.mark.slow
def test_a_search_for_a_segmenter_counts_its_own_figure(tmp_path: Path):
    options = ("widths=8,8", "blocks=1,1", "data.size=32x32", "batch_size=4", "steps=2", "watch_every=0")
    found = tune(
        "scratch",
        "scenes",
        task="image-segmentation",
        trials=1,
        search=SEARCH,
        options=options,
        limit=4,
        out=tmp_path / "study",
        device="cpu",
    )
    assert (found.metric, found.trials[0].state) == ("miou", "complete")
    assert yaml.safe_load((tmp_path / "study" / "best.yaml").read_text())["task"] == "image-segmentation"
    assert (tmp_path / "study" / "trials.csv").read_text().startswith("trial,state,miou,")
    with pytest.raises(UsageError, match="task is object-detection now"):
        tune(out=tmp_path / "study", task="object-detection", resume=True, trials=1, device="cpu")


@pytest.mark.slow
def test_trials_that_fail_are_named_and_the_others_go_on(tmp_path: Path):
    found = tiny(tmp_path / "study", trials=3, search="hidden_size=16|15")  # two heads cannot share 15 channels
    failed = [one for one in found.trials if one.state == "failed"]
    assert {one.options["hidden_size"] for one in failed} == {"15"}
    assert all("15" in one.error for one in failed)
    assert {one.options["hidden_size"] for one in found.trials if one.state == "complete"} <= {"16"}


@pytest.mark.slow
def test_trials_that_fall_behind_are_stopped(tmp_path: Path):
    found = tiny(
        tmp_path / "study",
        trials=9,
        search="learning_rate=3e-3|1e-9",
        options=[*OPTIONS, "best=loss"],
    )
    stopped = [one for one in found.trials if one.state == "stopped"]
    assert stopped
    assert {one.options["learning_rate"] for one in stopped} == {"1e-9"}
    assert found.best is not None
    assert found.best.value == min(one.value for one in found.trials if one.state == "complete")


@pytest.mark.slow
def test_a_search_that_was_killed_goes_on_where_it_was(tmp_path: Path):
    """Killed in the midst of its second trial, whose checkpoint is then taken up."""
    study = tmp_path / "study"
    options = [word for option in (*OPTIONS, "steps=60", "eval_every=20") for word in ("-o", option)]
    command = [sys.executable, "-m", "vitxplain", "tune", "--model", "scratch", "--data", "digits", *options]
    command += ["--limit", "16", "--trials", "3", "--search", SEARCH, "--out", str(study), "--device", "cpu"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: list(study.glob("trials/002/checkpoints/checkpoint-*")), process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    cut_short = yaml.safe_load((study / "trials" / "002" / "config.yaml").read_text())
    found = tune(out=study, resume=True, trials=3, device="cpu")
    assert [one.number for one in found.trials] == [1, 2, 3]
    assert found.trials[1].options["learning_rate"] == cut_short["learning_rate"]
    with (study / "trials" / "002" / "metrics.csv").open() as file:
        steps = [int(row["step"]) for row in csv.DictReader(file) if row["split"] == "validation"]
    assert steps == [20, 40, 60]


def until(there: Callable[[], object], process: subprocess.Popen) -> None:
    end = time.monotonic() + 200
    while not there():
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)


def test_best_is_the_highest_accuracy_or_the_lowest_loss_of_whole_trials():
    values = [
        (1, 0.5, "complete"),
        (2, 0.9, "stopped"),
        (3, 0.7, "complete"),
        (4, 0.7, "complete"),
        (5, None, "failed"),
    ]
    tried = [TrialResult(number, {}, value, state, Path("run")) for number, value, state in values]
    assert best_of(tried, "accuracy") is tried[2]
    assert best_of(tried, "miou") is tried[2]
    assert best_of(tried, "loss") is tried[0]
    assert best_of(tried[-1:], "loss") is None


@pytest.mark.parametrize(
    ("settings", "error", "sentence"),
    [
        ({"trials": 0}, UsageError, "trials"),
        ({"search": "learning_rate=1"}, OptionError, "leaves no choice"),
        ({"options": ["epoch=3"]}, OptionError, "did you mean epochs"),
        ({"options": ["data.size=9"]}, OptionError, "cannot be read"),
    ],
)
def test_nothing_is_written_where_nothing_can_be_tried(settings: dict, error: type, sentence: str, tmp_path: Path):
    with pytest.raises(error, match=sentence):
        tiny(tmp_path / "study", **settings)
    assert not (tmp_path / "study").exists()


def test_a_folder_that_holds_something_else(tmp_path: Path):
    (tmp_path / "letter.txt").write_text("Dear")
    with pytest.raises(UsageError, match="is there and holds no search"):
        tiny(tmp_path, resume=True)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({}, "holds a search; continue it with --resume"),
        ({"resume": True, "search": "warmup=0|0.1"}, "was started with --search learning_rate"),
        ({"resume": True, "options": ["steps=7"]}, "steps is 7 now, but the run was started with 6"),
    ],
)
def test_another_search_in_the_same_folder(settings: dict, sentence: str, tmp_path: Path):
    study = tmp_path / "study"
    study.mkdir()
    (study / "base.yaml").write_bytes(configure(None, OPTIONS, model="scratch", data="digits", limit=16).as_yaml())
    (study / "search.txt").write_text(SEARCH)
    with pytest.raises(UsageError, match=sentence):
        tiny(study, **settings)


def test_two_searches_do_not_share_a_folder(tmp_path: Path):
    with writer_lock(tmp_path / "study"), pytest.raises(UsageError, match="is writing into"):
        tiny(tmp_path / "study")


def test_without_optuna_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(UsageError, match=r"pip install 'vitxplain\[tune\]'"):
        tiny(tmp_path / "study")
