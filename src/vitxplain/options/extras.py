"""What needs a package of an extra, and how to install that: said in one way."""

from importlib.util import find_spec
from typing import Final

from vitxplain.errors import UsageError, VitxplainError

# Package, as it is imported -> the extra that brings it.
EXTRAS: Final = {
    "anywidget": "notebook",
    "h5py": "matlab",
    "mlflow": "mlflow",
    "onnx": "export",
    "onnxruntime": "export",
    "onnxscript": "export",
    "optuna": "tune",
    "peft": "lora",
    "pycocotools": "detection",
    "scipy": "detection",
    "starlette": "serve",
    "tensorboard": "tensorboard",
    "tifffile": "tiff",
    "timm": "timm",
    "torchvision": "torchvision",
    "uvicorn": "serve",
    "wandb": "wandb",
}


def check_installed(what: str, *packages: str, error: type[VitxplainError] = UsageError, otherwise: str = "") -> None:
    """Find packages of one extra without importing them.

    Args:
        what: needs them, in the singular ("mode=lora").
        packages: by the names they are imported by.
        error: what is raised.
        otherwise: how to do without, as a clause that starts with a comma.

    Raises:
        VitxplainError: one is missing; the message says how to install it.
    """
    if missing := [name for name in packages if find_spec(name) is None]:
        raise error(not_installed(what, *missing) + otherwise)


def not_installed(what: str, *packages: str) -> str:
    """That packages of one extra are missing, in one sentence."""
    are = "is" if len(packages) == 1 else "are"
    return f"{what} needs {' and '.join(packages)}, which {are} not installed: {install_command(packages[0])}"


def install_command(package: str) -> str:
    """By the extra that brings it; of what none brings by its own name."""
    return f"pip install 'vitxplain[{EXTRAS[package]}]'" if package in EXTRAS else f"pip install {package}"
