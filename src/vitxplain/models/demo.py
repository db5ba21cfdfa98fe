"""The two small models that come in the package, where they do."""

from pathlib import Path

from vitxplain.errors import ModelLoadError

NAMES = ("demo-vit", "demo-cnn")
FOLDER = Path(__file__).resolve().parents[1] / "demo_models"


def is_here(name: str) -> bool:
    """Whether this installation brings the demo model."""
    return (FOLDER / name).is_dir()


def demo_folder(name: str) -> Path:
    """The folder of a demo model.

    Raises:
        ModelLoadError: this installation came without it.
    """
    if not is_here(name):
        raise ModelLoadError(
            f"this installation of vitxplain comes without {name}; name a folder or a Hub id, or see `vitx models`."
        )
    return FOLDER / name


def demo_hint() -> str:
    """A clause that offers the demo model, where that would work."""
    return ", use `--model demo-vit` (it is in the package)" if is_here("demo-vit") else ""
