"""Targets that are files: `mask:FILE` marks the region of an image that is to be explained."""

from pathlib import Path
from typing import Any, Final

from vitxplain.data.folders.mask_files import mask_values
from vitxplain.errors import TargetError
from vitxplain.files.paths import is_file, user_path
from vitxplain.tasks.spelling import Spelling

MASK: Final = "mask:"


def with_masks_read(target: Any) -> Any:
    """The same targets, one or a list of them, the masks among them read: what is not 0 is marked.

    Raises:
        ImageError: the file cannot be read.
        TargetError: there is no such file, or nothing in it is marked.
    """
    if isinstance(target, (list, tuple)):
        return [with_masks_read(entry) for entry in target]
    if not isinstance(target, str) or not target.strip().startswith(MASK):
        return target
    path = user_path(target.strip().removeprefix(MASK).strip())
    if not is_file(path):
        raise TargetError(f"there is no mask {path}; give mask:FILE, a picture that is not 0 where the region is.")
    region = mask_values(path) > 0
    if not region.any():
        raise TargetError(f"the mask {path} is empty: all of it is 0; give one that is not 0 where the region is.")
    return Spelling(f"{MASK}{Path(path).stem}", region=region)
