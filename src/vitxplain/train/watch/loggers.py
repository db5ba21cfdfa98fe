"""Loggers beside metrics.csv: TensorBoard, Weights & Biases, MLflow."""

from typing import Any

from transformers import TrainerCallback

from vitxplain.errors import OptionError
from vitxplain.options.extras import check_installed
from vitxplain.train.records.run_folder import RunFolder

LOGGERS = ("tensorboard", "wandb", "mlflow")  # packages, too


def logger_names(loggers: str) -> list[str]:
    """The names in "tensorboard,wandb".

    Raises:
        OptionError: one that does not exist, or is not installed.
    """
    names = [name.strip() for name in loggers.split(",") if name.strip() not in ("", "csv", "none")]
    for name in names:
        if name not in LOGGERS:
            raise OptionError(f"there is no logger {name!r}; loggers are csv (always), {', '.join(LOGGERS)}.")
        check_installed(f"logger={name}", name, error=OptionError)
    return names


def summary_writer(folder: RunFolder, after: int) -> Any:
    """TensorBoard's writer in the run; it hides what an interrupted run wrote after step `after`."""
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(folder.path / "tensorboard"), purge_step=after + 1 if after else None)


def logger_callbacks(names: list[str], writer: Any) -> list[TrainerCallback]:
    """The callbacks of transformers for these loggers; they read WANDB_PROJECT, MLFLOW_TRACKING_URI and the like."""
    from transformers.integrations import MLflowCallback, TensorBoardCallback, WandbCallback

    factories = {"tensorboard": lambda: TensorBoardCallback(writer), "wandb": WandbCallback, "mlflow": MLflowCallback}
    return [factories[name]() for name in names]
