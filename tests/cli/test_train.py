"""vitx train: what is typed, what is said, and which exit code."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import Said

Vitx = Callable[..., Said]
TINY = [
    *("train", "--model", "scratch", "--device", "cpu", "-o", "patch_size=8", "-o", "hidden_size=16"),
    *("-o", "num-hidden-layers=1", "-o", "model.num_attention_heads=2", "-o", "data.size=24x24", "--limit", "16"),
    *("-o", "batch_size=8", "-o", "epochs=2", "-o", "eval_every=2", "-o", "watch_every=0"),
]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_runs_are_named_and_numbered(vitx: Vitx, here: Path):
    first, second = vitx(*TINY), vitx(*TINY, "--quiet")
    assert (first.code, second.code) == (0, 0)
    assert [line.split(":")[0] for line in first.out.splitlines()[:2]] == ["validation", "test"]
    assert first.out.splitlines()[2] == (
        "vitx-runs/scratch-digits  (vitx explain IMAGE --model vitx-runs/scratch-digits)"
    )
    assert first.err.splitlines()[0].startswith("epoch 1  step 2  validation: loss 2.")
    assert first.err.splitlines()[0].endswith("best so far")
    assert second.out == second.err == ""
    assert sorted(path.name for path in Path("vitx-runs").iterdir()) == ["scratch-digits", "scratch-digits-2"]
    assert yaml.safe_load(Path("vitx-runs/scratch-digits/config.yaml").read_text())["data_options"] == {
        "size": [24, 24]
    }
    again = vitx(*TINY, "--resume")
    assert again.code == 0
    assert "vitx-runs/scratch-digits-2 is finished: there is nothing to resume." in again.err


def test_json_and_config(vitx: Vitx, here: Path):
    said = vitx(*TINY, "--json", "--out", "run")
    *evaluations, end = said.json
    assert [line["step"] for line in evaluations] == [2, 4]
    assert {line["split"] for line in evaluations} == {"validation"}
    assert end["metrics"].keys() == {"validation", "test"}
    other = vitx(
        "train", "--config", "run/config.yaml", "-o", "steps=1", "-o", "epochs=none", "--out", "other", "--json"
    )
    assert other.code == 0
    assert other.json[-1]["step"] == 1
    saved, changed = (yaml.safe_load(Path(run, "config.yaml").read_text()) for run in ("run", "other"))
    assert {key for key in saved if saved[key] != changed[key]} == {"steps", "epochs"}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["-o", "epoch=3"], "nothing has an option 'epoch'; did you mean epochs?"),
        (["--model", "scratch", "-o", "hidden_sise=3"], "did you mean model.hidden_size"),
        (["-o", "hidden_size=3"], "nothing has an option 'hidden_size'"),
        (["-o", "data.colour=red"], "nothing has an option 'data.colour'"),
        (["-o", "modell.kind=cnn"], "before the dot stands train, model or data, not modell"),
        (["-o", "epochs=many"], "epochs is 'many'; it takes a number or none"),
        (["-o", "epochs=-1"], "epochs is -1.0; it must be above 0"),
        (["-o", "scheduler=cos"], "it takes cosine or linear or plateau or constant"),
        (["-o", "epochs"], "has no value; write -o key=value"),
        (["--data", "digit"], "Did you mean digits?"),
        (["--config", "nowhere.yaml"], "nowhere.yaml cannot be read"),
        (["--config", "odd.yaml"], "odd.yaml is no configuration"),
        (["--config", "worse.yaml"], "worse.yaml is no YAML"),
        (["--device", "tpu"], "device 'tpu' is not available"),
    ],
)
def test_what_cannot_be_attempts_nothing(vitx: Vitx, here: Path, typed: list[str], said: str):
    Path("odd.yaml").write_text("- epochs")
    Path("worse.yaml").write_text("epochs: [")
    answer = vitx("train", *typed)
    assert answer.code == 2
    assert said in answer.err
    assert not Path("vitx-runs").exists()


@pytest.mark.slow
def test_ctrl_c(here: Path):
    command = [sys.executable, "-m", "vitxplain", *TINY, "-o", "epochs=2000", "--out", "run", "--json"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "a checkpoint was written. Go on with: vitx train --resume --out run" in errors
    assert "Traceback" not in errors


@pytest.mark.slow
def test_two_processes_train_as_one(here: Path):
    """The same curve at the same total batch, and only one of them writes and speaks."""

    def curve(launch: list[str], batch: int, out: str) -> tuple[list[float], list[str]]:
        options = [*TINY, "-o", f"batch_size={batch}", "-o", "log_every=1", "-o", "epochs=4", "--out", out, "--json"]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"}
        done = subprocess.run([*launch, *options], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        rows = [line.split(",") for line in Path(out, "metrics.csv").read_text().splitlines()]
        return [float(row[3]) for row in rows[1:]], done.stdout.splitlines()

    # On CPUs alone `--cpu` wants MPI; the launcher for GPUs starts processes without it, and the variable says CPU.
    accelerate = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes=2"]
    two, said = curve(
        [*accelerate, "--num_machines=1", "--mixed_precision=no", "--dynamo_backend=no", "-m", "vitxplain"], 4, "two"
    )
    one, as_before = curve([sys.executable, "-m", "vitxplain"], 8, "one")
    assert two == pytest.approx(one, rel=1e-4)
    assert len(said) == len(as_before)
