"""The smallest run there is, with dropout, so that random numbers matter: a few seconds, most of them imports."""

from pathlib import Path
from typing import Any

MODEL = {"image_size": (24, 24), "patch_size": 8, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
DATA = {"size": (24, 24)}
OPTIONS = {"epochs": 2, "batch_size": 8, "log_every": 2, "eval_every": 3, "save_every": 2, "watch_every": 0}


def tiny(out: Path | str, *, model: str = "scratch", options: dict[str, Any] | None = None, **others: Any) -> Any:
    """`train(...)` on 40 images, 5 steps an epoch."""
    from vitxplain.train.config.options import TrainOptions
    from vitxplain.train.run import train

    given: dict[str, Any] = {"data_options": DATA, "limit": 40, "device": "cpu", **others}
    if model == "scratch":
        given = {"model_options": {**MODEL, "hidden_dropout": 0.1}, **given}
    return train(
        model, given.pop("data", "digits"), out=out, options=TrainOptions(**{**OPTIONS, **(options or {})}), **given
    )
