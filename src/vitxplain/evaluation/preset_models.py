"""The six models of the preset deepvisionxplain: where their runs are looked for, and the commands that make them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from vitxplain.errors import UsageError
from vitxplain.render.labels import source_name
from vitxplain.train.run_folder import RUNS, RunFolder

FOLDER: Final = RUNS / "deepvisionxplain"
EFFICIENTNET, MOBILENET = "torchvision:efficientnet_v2_s", "torchvision:mobilenet_v3_large"
MODELS: Final = {  # from what each is trained, and with which options
    "efficientnet-v2-s": f"{EFFICIENTNET}",
    "efficientnet-v2-s-cut": f"{EFFICIENTNET} -o cut_at=features.6.0.block.0",
    "mobilenet-v3-large": f"{MOBILENET}",
    "mobilenet-v3-large-cut": f"{MOBILENET} -o cut_at=features.13.block.0",
    "deit-tiny": "deit-tiny",
    "vit-tiny": "timm:vit_tiny_patch16_224",
}


def default_runs(data: Sequence[str]) -> list[list[str]]:
    """For each data set the six runs, in `vitx-runs/deepvisionxplain/MODEL-DATA`.

    Raises:
        UsageError: runs are missing or not finished; the message has the command that makes each.
    """
    places = [[(name, source, FOLDER / f"{name}-{source_name(source)}") for name in MODELS] for source in data]
    lines = [f"  {line}" for those in places for one in those if (line := _to_do(*one))]
    if lines:
        raise UsageError(
            f"of the {len(MODELS) * len(data)} runs of the preset deepvisionxplain {len(lines)} are missing. Make them "
            "with these lines, or name models of your own with --model (run folders, demo-vit, demo-cnn):\n"
            + "\n".join(lines)
        )
    return [[str(place) for *_, place in those] for those in places]


def _to_do(name: str, data: str, place: Path) -> str | None:
    """The command that makes a run, or goes on with one that was stopped; None where it is finished."""
    folder = RunFolder(place)
    if folder.finished() and folder.model.is_dir():
        return None
    if folder.exists():
        return f"vitx train --out {place} --resume"
    return f"vitx train --model {MODELS[name]} --data {data} --out {place}"
