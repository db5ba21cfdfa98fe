"""Where figures go beside metrics.csv: TensorBoard, Weights & Biases, MLflow."""

from importlib.util import find_spec
from typing import Any

from transformers import TrainerCallback

from vitxplain.errors import OptionError
from vitxplain.train.records.run_folder import RunFolder

PACKAGES = {"tensorboard": "tensorboard", "wandb": "wandb", "mlflow": "mlflow"}  # each is an extra of ours too


def named(loggers: str) -> list[str]:
    """The names in "tensorboard,wandb".

    Raises:
        OptionError: one that does not exist, or is not installed.
    """
    names = [name.strip() for name in loggers.split(",") if name.strip() not in ("", "csv", "none")]
    for name in names:
        if name not in PACKAGES:
            raise OptionError(f"there is no logger {name!r}; loggers are csv (always), {', '.join(PACKAGES)}.")
        if find_spec(PACKAGES[name]) is None:
            raise OptionError(f"the logger {name} is not installed; run: pip install 'vitxplain[{name}]'.")
    return names


def summary_writer(folder: RunFolder, after: int) -> Any:
    """TensorBoard's writer in the run; what a run that was stopped wrote after step `after` is not shown."""
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(folder.path / "tensorboard"), purge_step=after + 1 if after else None)


def callbacks(names: list[str], writer: Any) -> list[TrainerCallback]:
    """Those of transformers; they read the environment (WANDB_PROJECT, MLFLOW_TRACKING_URI and the like)."""
    from transformers.integrations import MLflowCallback, TensorBoardCallback, WandbCallback

    made = {"tensorboard": lambda: TensorBoardCallback(writer), "wandb": WandbCallback, "mlflow": MLflowCallback}
    return [made[name]() for name in names]
