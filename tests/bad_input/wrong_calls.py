"""Wrong calls from Python, run as a script: `python wrong_calls.py FOLDER IMAGE` prints {call: [error class, message]}.

In a process of its own, since the package's annotations are checked while tests run, and would answer first.
"""

import json
import sys
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn

from vitxplain import Explanation, evaluate, explain, explain_together, fitting, load, load_model
from vitxplain.explainers.grad_cam import GradCAM
from vitxplain.explainers.raw_attention import RawAttention
from vitxplain.inspect import open_recording, record
from vitxplain.scale import explain_dataset, maps

warnings.simplefilter("error")
FOLDER, PATH = sys.argv[1:3]
MODEL = load_model(FOLDER)
IMAGE = Image.open(PATH)
PIXELS = torch.zeros(3, 32, 32)
LABELLED = torch.utils.data.TensorDataset(torch.zeros(4, 3, 32, 32), torch.tensor([0, 1, 2, 0]))
SIMPLE = {"mean": 0.5, "std": 0.5, "size": 32}


class Small(nn.Module):
    """Three classes; fails, as the user's code may, on what is bright."""

    def __init__(self, limit: float = 100.0) -> None:
        super().__init__()
        self.conv, self.head, self.limit = nn.Conv2d(3, 4, 3), nn.Linear(4, 3), limit

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        if pixels.detach().mean() > self.limit:
            raise ZeroDivisionError("the light is too bright")
        return self.head(self.conv(pixels).relu().mean((2, 3)))


def of(**options: Any) -> Callable[[], Any]:
    return lambda: explain(MODEL, IMAGE, **options)


def closed() -> Image.Image:
    image = Image.open(PATH)
    image.close()
    return image


@cache
def explanation() -> Explanation:
    return explain(MODEL, IMAGE)


CALLS: dict[str, Callable[[], Any]] = {
    # images
    "image None": lambda: explain(MODEL, None),
    "image int": lambda: explain(MODEL, 3),
    "image bytes": lambda: explain(MODEL, b"cat.png"),
    "image dict": lambda: explain(MODEL, {"image": IMAGE}),
    "image in a list in a list": lambda: explain(MODEL, [[IMAGE]]),
    "data of torch": lambda: evaluate(MODEL, LABELLED),
    "image data set": lambda: explain(MODEL, LABELLED),
    "image loader": lambda: explain(MODEL, torch.utils.data.DataLoader(LABELLED, batch_size=2)),
    "image batch with labels": lambda: explain(MODEL, LABELLED[:2]),
    "image and its label": lambda: explain(MODEL, (LABELLED[0][0], 1)),
    "image rows": lambda: explain(MODEL, [{"image": IMAGE, "label": 1}]),
    "image None among others": lambda: explain(MODEL, [IMAGE, None]),
    "image empty text": lambda: explain(MODEL, ""),
    "image with a null": lambda: explain(MODEL, "a\0b.png"),
    "image closed": lambda: explain(MODEL, closed()),
    "no images": lambda: explain(MODEL, []),
    "array of floats": lambda: explain(MODEL, 300.5 * np.random.rand(8, 8, 3)),
    "array of integers": lambda: explain(MODEL, np.full((8, 8, 3), 70_000)),
    "array channels first": lambda: explain(MODEL, np.zeros((3, 8, 8), np.uint8)),
    "array without pixels": lambda: explain(MODEL, np.zeros((0, 8, 3), np.uint8)),
    "array of no axes": lambda: explain(MODEL, np.uint8(3)),
    "tensor 2-D": lambda: explain(MODEL, torch.zeros(32, 32)),
    "tensor 5-D": lambda: explain(MODEL, torch.zeros(1, 1, 3, 32, 32)),
    "tensor without pixels": lambda: explain(MODEL, torch.zeros(3, 0, 32)),
    "tensor without images": lambda: explain(MODEL, torch.zeros(0, 3, 32, 32)),
    "tensor of uint8": lambda: explain(MODEL, PIXELS.to(torch.uint8)),
    "tensor of complex": lambda: explain(MODEL, PIXELS.to(torch.complex64)),
    "tensor of 4 channels": lambda: explain(MODEL, torch.zeros(4, 32, 32)),
    "tensor below a patch": lambda: explain(MODEL, torch.zeros(3, 4, 4)),
    "pixels NaN": lambda: explain(MODEL, torch.stack([PIXELS, PIXELS / 0])),
    "pixels infinite": lambda: explain(MODEL, PIXELS + torch.inf),
    # targets
    "target True": of(target=True),
    "target float": of(target=1.0),
    "target tensor of floats": of(target=torch.tensor(1.0)),
    "target dict": of(target={"star": 1}),
    "target empty list": of(target=[]),
    "targets two for three": lambda: explain(MODEL, [IMAGE] * 3, target=[0, 1]),
    "target object": of(target=object()),
    "target bytes": of(target=b"star"),
    "target huge": of(target=10**40),
    # counts
    "top_k 0": of(top_k=0),
    "top_k -1": of(top_k=-1),
    "top_k True": of(top_k=True),
    "top_k text": of(top_k="5"),
    "batch_size 0": of(batch_size=0),
    "batch_size None": of(batch_size=None),
    "batch_size float": of(batch_size=1.5),
    # methods and options
    "method None": of(method=None),
    "method list": of(method=["rollout"]),
    "method class": of(method=dict),
    "methods none": lambda: explain_together(MODEL, IMAGE, []),
    "methods with None": lambda: explain_together(MODEL, IMAGE, ["rollout", None]),
    "option of an instance, unknown": of(method=GradCAM(), rellu=True),
    "option of an instance, wrong": of(method=GradCAM(), relu="yes"),
    "option of a class, wrong": of(method=RawAttention, head="x"),
    "option layer int": of(method="grad-cam", layer=3),
    "option query tuple": of(method="raw-attention", query=(1, 2)),
    "option None": of(method="rollout", start_layer=None),
    # models
    "model None": lambda: explain(None, IMAGE),
    "model int": lambda: load_model(3),
    "model class": lambda: load_model(Small),
    "model empty text": lambda: load_model(""),
    "model and image swapped": lambda: explain(IMAGE, MODEL),
    "module without processor": lambda: explain(Small(), IMAGE),
    "module without processor, path": lambda: explain(Small(), PATH),
    "module, 2-D tensor": lambda: explain(Small(), torch.zeros(8, 8)),
    "module, 1 channel": lambda: explain(Small(), torch.zeros(1, 8, 8)),
    "module, uint8": lambda: explain(Small(), PIXELS.to(torch.uint8)),
    "module on meta": lambda: explain(Small().to("meta"), PIXELS),
    "module without logits": lambda: explain(nn.Conv2d(3, 3, 1), PIXELS),
    "module that always fails": lambda: explain(Small(-100.0), PIXELS),
    "module that fails on an image": lambda: explain(load_model(Small(2.0), **SIMPLE), PIXELS + 9),
    "processor that is none": lambda: load_model(Small(), processor=3),
    "processor to PIL": lambda: load_model(Small(), processor=lambda image: image),
    "processor 2-D": lambda: load_model(Small(), processor=lambda _image: torch.zeros(8, 8)),
    "mean alone": lambda: load_model(Small(), mean=0.5),
    "device None": lambda: load_model(FOLDER, device=None),
    "device elsewhere": lambda: load_model(FOLDER, device="cuda:99"),
    "dtype list": lambda: load_model(FOLDER, dtype=[1]),
    "dtype int8": lambda: load_model(FOLDER, dtype=torch.int8),
    "size float": lambda: load_model(FOLDER, image_size=3.5),
    "size True": lambda: load_model(FOLDER, image_size=True),
    "grid of none": lambda: load_model(FOLDER, grid=(0, 4)),
    "labels int": lambda: load_model(FOLDER, labels=3),
    "labels few": lambda: load_model(FOLDER, labels=["a"]),
    "fitting None": lambda: fitting(None),
    # what is saved
    "load nothing": lambda: load(""),
    "load elsewhere": lambda: load("nowhere/cat"),
    "save formats": lambda: explain(MODEL, IMAGE).save("out", formats="jpg"),
    "save stem": lambda: explain(MODEL, IMAGE).save("out", stem="a/b"),
    # what is right, though unusual
    "right: target of numpy": of(target=np.int64(1)),
    "right: target array": of(target=np.array([1])),
    "right: target tensor": of(target=torch.tensor([[1]])),
    "right: target per image": lambda: explain(MODEL, [IMAGE, IMAGE], target=[0, "star"]),
    "right: two targets of one image": of(target=[0, 1]),
    "right: one method together": lambda: explain_together(MODEL, IMAGE, "rollout"),
    "right: an instance together": lambda: explain_together(MODEL, IMAGE, GradCAM()),
    "right: options over an instance": of(method=GradCAM(), relu=True),
    "right: pixels that want a gradient": lambda: explain(MODEL, PIXELS.clone().requires_grad_()),
    # paths
    "path of save": lambda: explanation().save(5),
    "path of save in bytes": lambda: explanation().save(b"out"),
    "path of a list": lambda: explain(MODEL, [IMAGE]).save(None),
    "path of load": lambda: load(5),
    "path of a record": lambda: record(MODEL, 5),
    "path of records": lambda: open_recording(["out"]),
    "path of maps to score": lambda: evaluate(MODEL, "digits", maps=5),
    "path of an evaluation": lambda: evaluate(MODEL, "digits", out=5),
    "path of maps": lambda: maps(None),
    "path of a data set of maps": lambda: explain_dataset(MODEL, [PATH], 5),
    "formats": lambda: explanation().save("out", formats=5),
    "stem": lambda: explanation().save("out", 5),
    "right: an array of grey": lambda: explain(MODEL, np.zeros((8, 8), np.uint8)),
    "right: fitting by name": lambda: fitting(FOLDER),
    "right: top_k of numpy": of(top_k=np.int64(2)),
}


def outcome(call: Callable[[], Any]) -> list[str]:
    try:
        call()
    except Exception as error:
        return [type(error).__name__, str(error)]
    return ["", ""]


if __name__ == "__main__":
    print(json.dumps({name: outcome(call) for name, call in CALLS.items()}))
