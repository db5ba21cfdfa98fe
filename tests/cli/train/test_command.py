"""vitx train: what is typed, what is said, and which exit code."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from PIL import Image

from tests.cli.conftest import Said
from tests.interrupted import interrupted

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
    assert re.search(
        r"^test: accuracy \d+\.\d\d% \(\d+ of 16 images\), loss \d.*; too few images to tell \d+% from \d+%$",
        first.out,
        re.MULTILINE,
    )
    assert first.out.splitlines()[2] == (
        "vitx-runs/scratch-digits  (vitx explain IMAGE --model vitx-runs/scratch-digits)"
    )
    *facts, evaluation, _ = first.err.splitlines()
    assert [line[9:] for line in facts] == [
        "scratch vit: 6,746 parameters, all of them learn",
        "digits: 16 train, 16 validation, 16 test images of 10 classes: 0, 1, 2, 3, 4, 5, 6, 7 and 2 more",
        "4 steps (2 epochs) of 8 images at 24x24 pixels, learning rate 0.001, on cpu in fp32",
        "vitx-runs/scratch-digits",
    ]
    assert evaluation.startswith("epoch 1  step 2  validation: loss 2.")
    assert not evaluation.endswith("best so far")  # the first is the best of one
    assert second.out == second.err == ""
    assert sorted(path.name for path in Path("vitx-runs").iterdir()) == ["scratch-digits", "scratch-digits-2"]
    assert yaml.safe_load(Path("vitx-runs/scratch-digits/config.yaml").read_text())["data_options"] == {
        "seed": 0,
        "size": [24, 24],
    }
    again = vitx(*TINY, "--resume")
    assert again.code == 0
    assert "vitx-runs/scratch-digits-2 is finished: there is nothing to resume." in again.err


def test_a_run_that_has_not_ended_is_explained_and_said(vitx: Vitx, here: Path):
    assert vitx(*TINY, "--out", "run").code == 0
    Image.new("RGB", (24, 24), "red").save("red.png")
    explained = ("explain", "red.png", "--model", "run", "--method", "rollout", "--device", "cpu")
    said = "run has not ended yet: this is its best model so far. Go on with `vitx train --resume --out run`."
    assert said not in vitx(*explained).err
    Path("run/result.json").unlink()
    ended_early = vitx(*explained)
    assert ended_early.code == 0
    assert said in ended_early.err.splitlines()
    assert said not in vitx(*explained, "--quiet").err
    assert vitx("train", "--resume", "--out", "run", "--device", "cpu").code == 0
    assert said not in vitx(*explained).err


def test_json_and_config(vitx: Vitx, here: Path):
    said = vitx(*TINY, "--json", "--out", "run")
    *evaluations, end = said.json
    assert [line["step"] for line in evaluations] == [2, 4]
    assert {line["split"] for line in evaluations} == {"validation"}
    assert end["metrics"].keys() == {"validation", "test"}
    assert end["training"].items() >= {"steps": 4, "batch_size": 8, "device": "cpu", "after": 0}.items()
    assert end["training"]["images"] == {"train": 16, "validation": 16, "test": 16}
    other = vitx(
        "train", "--config", "run/config.yaml", "-o", "steps=1", "-o", "epochs=none", "--out", "other", "--json"
    )
    assert other.code == 0
    assert other.json[-1]["step"] == 1
    saved, changed = (yaml.safe_load(Path(run, "config.yaml").read_text()) for run in ("run", "other"))
    assert {key for key in saved if saved[key] != changed[key]} == {"steps", "epochs"}


@pytest.mark.filterwarnings("default:of the configuration")
def test_what_is_typed_wins_over_the_folder_of_a_run(vitx: Vitx, here: Path):
    assert vitx(*TINY, "-o", "epochs=none", "-o", "steps=1", "--out", "run").code == 0
    said = vitx("train", "--config", "run", "-o", "epochs=2", "-o", "kind=cnn", "-o", "widths=8,8,8", "--out", "other")
    assert said.code == 0, said.err
    assert "note: of the configuration patch_size, hidden_size," in said.err
    assert "scratch cnn: " in said.err
    assert "4 steps (2 epochs)" in said.err


def test_a_preset_says_what_it_validates_on(vitx: Vitx, here: Path):
    said = vitx(*TINY, "--preset", "one-batch", "--out", "run")
    assert said.code == 0
    assert "validated on the training images themselves (preset one-batch)\n" in said.err
    assert "validation (the training images themselves)" in Path("run/model/README.md").read_text()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["-o", "lr=3"], "nothing has an option 'lr'; did you mean learning_rate?"),
        (["--epochs", "2"], "No such option: --epochs. It is an option of the training; write -o epochs=2"),
        (["--lr=1e-4"], "write -o learning_rate=1e-4"),
        (["--nonsense", "2"], "No such option: --nonsense"),
        (["--resume", "--out", "nowhere"], "there is no run in nowhere to go on with. To start one"),
        (["--resume", "--out", "plase"], "Did you mean the folder place?"),
        (["--resume"], "which run is to go on? Give --out FOLDER."),
        (["--model", "./plase"], "the folder ./plase does not exist"),
        (["--model", "place/mine"], "Did you mean the folder place/minne? And as a Hub id: place/mine is not in"),
        (["--data", "plase"], "no data set is called 'plase'. Did you mean the folder place?"),
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
        (["--config", "nowhere.yaml"], "nowhere.yaml is not a configuration in YAML: No such file"),
        (["--config", "odd.yaml"], "odd.yaml is no configuration"),
        (["--config", "worse.yaml"], "worse.yaml is not a configuration in YAML"),
        (["--model", "scrach"], "no model is called 'scrach'. Did you mean scratch"),
        (["--config", "place"], "place is a folder without config.yaml"),
        ([*TINY[1:], "-o", "watch_every=1", "-o", "watch_method=rolout"], "no method is called 'rolout'"),
        ([*TINY[1:], "-o", "watch_every=1", "-o", "watch_method=cam"], "watch_method=cam does not fit scratch vit"),
        (["--device", "tpu"], "device 'tpu' is not available"),
    ],
)
def test_what_cannot_be_attempts_nothing(
    vitx: Vitx, here: Path, monkeypatch: pytest.MonkeyPatch, typed: list[str], said: str
):
    Path("odd.yaml").write_text("- epochs")
    Path("worse.yaml").write_text("epochs: [")
    Path("place/minne").mkdir(parents=True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    answer = vitx("train", *typed)
    assert answer.code == 2
    assert said in " ".join(re.sub("[│╭╮╰╯─]", " ", answer.err).split())
    assert not Path("vitx-runs").exists()


def test_typing_errors_are_told_before_anything_heavy_is_imported(here: Path):
    program = (
        "import sys; from vitxplain.cli.main import app\n"
        "try: app(sys.argv[1:])\n"
        "except SystemExit as exit: assert exit.code == 2\n"
        "assert 'torch' not in sys.modules"
    )
    for typed in (["-o", "lr=1"], ["-o", "epochs=x"], ["--data", "nothing"], ["--model", "./x"], ["-o", "epoch=2"]):
        command = [sys.executable, "-c", program, "train", *typed]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr[:7]) == (0, "error: "), done.stderr


@pytest.mark.filterwarnings("default")
def test_few_images_of_one_class_and_a_damaged_one(vitx: Vitx, here: Path):
    for index in range(24):
        folder = here / "photos" / ("train" if index < 16 else "val" if index < 20 else "test") / "ab"[index % 2]
        folder = folder if index < 20 else here / "photos" / "test" / "a"
        folder.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (16, 16), (10 * index, 200 * (index % 2), 0)).save(folder / f"{index:02}.png")
    (here / "photos/train/a/00.png").write_bytes(b"no image")
    (here / "photos/test/b").mkdir()
    Image.new("RGB", (16, 16)).save(here / "photos/test/b/30.png")
    (here / "photos/test/b/30.png").write_bytes(b"no image")
    typed = [*TINY[: TINY.index("-o")], "--data", "photos", "-o", "image_size=16", "-o", "epochs=1"]
    said, quiet = vitx(*typed), vitx(*typed, "--quiet")
    assert (said.code, quiet.code, quiet.out, quiet.err) == (0, 0, "", "")
    assert "note: 1 of the 16 images of the train split of photos is left out: photos/train/a/00.png" in said.err
    (line,) = [line for line in said.out.splitlines() if line.startswith("test:")]
    assert "(4 of 4 images)" in line or "(0 of 4 images)" in line
    assert "; too few images to tell" in line
    assert line.endswith("; only 1 of 2 classes is in it")


@pytest.mark.slow
def test_ctrl_c(here: Path):
    command = [sys.executable, "-m", "vitxplain", *TINY, "-o", "epochs=2000", "--out", "run", "--json"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "\nfinishing the step, then writing a checkpoint; press Ctrl-C again to stop now\n" in errors
    assert "a checkpoint was written. Go on with: vitx train --resume --out run" in errors
    assert "Traceback" not in errors
    process = subprocess.Popen(
        [sys.executable, "-m", "vitxplain", "train", "--resume", "--out", "run"],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    said = [process.stderr.readline() for _ in range(5)]
    assert re.fullmatch(r" +going on from step [\d,]+ of 4,000\n", said[-1])
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert re.search(r"the checkpoint of step [\d,]+ is kept\. Go on with: vitx train --resume|was written", errors)


@pytest.mark.slow
def test_ctrl_c_before_the_training(here: Path):
    done = interrupted(*TINY, "--out", "run", by=signal.SIGINT, event="import", of="torch.autograd")
    assert done.returncode in (130, -signal.SIGINT)
    assert done.stderr == "interrupted before the training began.\n"
    assert not Path("run").exists()


@pytest.mark.slow
def test_two_processes_train_as_one(vitx: Vitx, here: Path):
    """The same curve at the same total batch, and only one of them writes and speaks."""

    def typed(batch: int, out: str) -> list[str]:
        return [*TINY, "-o", f"batch_size={batch}", "-o", "log_every=1", "-o", "epochs=4", "--out", out, "--json"]

    def curve(out: str) -> list[float]:
        rows = [line.split(",") for line in Path(out, "metrics.csv").read_text().splitlines()]
        return [float(row[3]) for row in rows[1:]]

    # On CPUs alone `--cpu` wants MPI; the launcher for GPUs starts processes without it, and the variable says CPU.
    accelerate = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes=2"]
    accelerate += ["--num_machines=1", "--mixed_precision=no", "--dynamo_backend=no", "-m", "vitxplain"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"}
    two = subprocess.run([*accelerate, *typed(4, "two")], env=environment, capture_output=True, text=True, check=False)
    assert two.returncode == 0, two.stderr
    one = vitx(*typed(8, "one"))
    assert one.code == 0, one.err
    assert curve("two") == pytest.approx(curve("one"), rel=1e-4)
    assert len(two.stdout.splitlines()) == len(one.out.splitlines())
