"""How the folders beside this file were made: by the version each is called like, in an environment that has it.

    ENVIRONMENT/bin/python tests/earlier_versions/make.py tests/earlier_versions/VERSION

Everything runs inside the new folder, on one thread, and names all files from there, so that no file holds a path of
the machine. What is there is as a user would have it but for four things: pictures are left out except for one (nothing
reads them again, and they are most of the bytes), the storage of the search is compressed, of the demo models' folder
only the name is left, and maps carried a fixed date, since an evaluation of maps tells them by it.
"""

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from transformers import TrainerCallback

import vitxplain

DEMO_MODELS = f"{Path(vitxplain.__file__).parent / 'demo_models'}{os.sep}"
VIT = {"image_size": (24, 24), "patch_size": 8, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
# No biases of queries and keys: the loss does not depend on some, and Adam would make steps of what rounding leaves.
VIT |= {"mlp_ratio": 2.0, "qkv_bias": False, "hidden_dropout": 0.1}
OPTIONS = {"epochs": 1, "batch_size": 8, "log_every": 2, "eval_every": 5, "save_every": 5, "watch_every": 0, "keep": 1}
CNN = ("kind=cnn", "image_size=24x24", "widths=4,8", "blocks=1,1", "strides=2,2")
METHODS = "attention-rollout,gradient-attention,raw-attention,head-distance,position-similarity"
EVALUATE = (
    *("evaluate", "--data", "digits", "-o", "data.count=4", "--device", "cpu", "--model", "demo-vit,run"),
    *("--method", "rollout,gradient-attention", "--metric", "pointing-game,insertion,iou"),
    *("-o", "iou.threshold=best", "-o", "insertion.steps=5"),
)
MAPS = ("evaluate", "--data", "digits", "-o", "data.count=2", "--maps", "maps", "--metric", "average-precision")


class Stop(TrainerCallback):
    """Ctrl-C in the third step."""

    def on_step_begin(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        if state.global_step == 2:
            os.kill(os.getpid(), signal.SIGINT)


def main(folder: Path) -> None:
    """Make everything anew."""
    from vitxplain.data.loading import load_data  # each where that version has it

    torch.set_num_threads(1)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.chdir(folder)
    trainings()
    searches()
    images = load_data("digits", "test", options={"count": 2})
    for index in range(2):
        images[index].image.save(f"{index:05d}.png")
    vitx("explain", "00000.png", "--model", "demo-vit", "--method", METHODS, *written("explanations"))
    vitx("explain", "00001.png", "--model", "demo-cnn", "--method", "cam,grad-cam", "--target", "3", *written("cnn"))
    vitx("explain", "00000.png", "00001.png", "--model", "run", "--method", "rollout", *written("maps"))
    evaluations()
    pack()
    Path("expected.json").write_text(json.dumps(expected(), indent=1) + "\n", encoding="utf-8")


def trainings() -> None:
    """A finished run with a test of it, the same interrupted, and the model of a network that was cut."""
    from vitxplain.train import options, run

    common: dict[str, Any] = {"model_options": VIT, "data_options": {"size": (24, 24)}, "limit": 40, "device": "cpu"}
    common["options"] = options.TrainOptions(**OPTIONS)
    run.train("scratch", "digits", out="run", **common)
    try:
        run.train("scratch", "digits", out="interrupted", callbacks=[Stop()], **common)
    except KeyboardInterrupt as stopped:
        print(stopped)
    vitx("test", "--model", "run", "--limit", 8, "--worst", 0, "--device", "cpu")
    cut = [word for option in CNN for word in ("-o", f"model.{option}")] + ["-o", "cut_at=stages.0", "-o", "steps=2"]
    cut += ["-o", "data.size=24x24", "-o", "watch_every=0", "--limit", "40", "--device", "cpu"]
    vitx("train", "--model", "scratch", "--data", "digits", "--out", "whole", *cut)
    shutil.move("whole/model", "cut")
    shutil.rmtree("whole")


def searches() -> None:
    """A search of one trial, to be continued."""
    options = [f"model.{name}={as_text(value)}" for name, value in VIT.items()] + ["data.size=24x24", "steps=4"]
    options += ["batch_size=8", "eval_every=2", "save_every=2", "watch_every=0"]
    given = [word for option in options for word in ("-o", option)]
    search = ("--search", "learning_rate=1e-4:1e-2,batch_size=4|8", "--trials", 1)
    vitx("tune", "--model", "scratch", "--data", "digits", "--limit", 16, "--out", "search", *search, *given)


def evaluations() -> None:
    """A finished one, the same killed while it wrote its sixth line of scores, and one of stored maps."""
    vitx(*EVALUATE, "--out", "evaluation")
    Path("killed").mkdir()
    for name in ("asked.json", "thresholds.json"):
        shutil.copy(Path("evaluation", name), "killed")
    lines = Path("evaluation", "scores-0.jsonl").read_bytes().splitlines(keepends=True)
    Path("killed", "scores-0.jsonl").write_bytes(b"".join(lines[:5]) + lines[5][:40])
    for file in Path("maps").iterdir():
        os.utime(file, (0, 0))
    vitx(*MAPS, "--out", "of-maps")


def pack() -> None:
    """Leave out what is large, or of this machine."""
    for picture in Path().rglob("*.png"):
        if picture.parent.name not in ("", "run"):
            picture.unlink()
    storage = Path("search", "study.db")
    storage.with_suffix(".db.gz").write_bytes(gzip.compress(storage.read_bytes(), mtime=0))
    storage.unlink()
    for file in Path().rglob("*.json"):
        text = file.read_text(encoding="utf-8")
        if DEMO_MODELS in text:
            file.write_text(text.replace(DEMO_MODELS, ""), encoding="utf-8")


def expected() -> dict[str, Any]:
    """What this version reads from what it wrote."""
    explanations = {}
    for file in sorted(Path().rglob("*.npz")):
        made = vitxplain.load(file)
        explanations[file.with_suffix("").as_posix()] = {
            "axes": made.axes,
            "shape": list(made.values.shape),
            "sha256": sha256(made.values.tobytes()).hexdigest(),
            "method": made.method,
            "options": made.options,
            "prediction": asdict(made.prediction),
            "target": made.target and asdict(made.target),
            "grid": made.grid and asdict(made.grid),
            "geometry": made.geometry.to_dict(),
            "provenance": dict(made.provenance),
            "image": list(made.image.size),
        }
    image = Image.open("00000.png").convert("RGB")
    logits = {}
    for name in ("run", "cut", "search/trials/001"):
        model = vitxplain.load_model(name, device="cpu")
        with torch.no_grad():
            logits[name] = model.logits(model.processor([image]))[0].tolist()
    return {"explanations": explanations, "logits": logits}


def written(folder: str) -> tuple[str, ...]:
    """Where explanations go."""
    return ("--device", "cpu", "--format", "npz,json", "--out", folder)


def vitx(*arguments: object) -> None:
    """The command, on one thread."""
    command = [sys.executable, "-m", "vitxplain", *map(str, arguments), "--quiet"]
    subprocess.run(command, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})


def as_text(value: Any) -> str:
    """A value behind `-o key=`."""
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value).lower()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
