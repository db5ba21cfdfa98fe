"""What lies in a folder decides how it is read."""

from collections.abc import Callable
from pathlib import Path

from vitxplain.data.image_folder import image_folder
from vitxplain.data.sample import DataSet


def opener(folder: Path) -> Callable[..., DataSet]:
    """What reads this folder."""
    return image_folder
