import os
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, UnidentifiedImageError

from vitxplain.files.pictures import MOST_SCANS, open_picture


def _progressive() -> bytes:
    content = BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 30, 3), np.uint8)).save(
        content, "JPEG", progressive=True
    )
    return content.getvalue()


def test_a_progressive_picture_is_opened_from_a_file_and_from_bytes(tmp_path: Path):
    (tmp_path / "a.jpg").write_bytes(_progressive())
    for source in (tmp_path / "a.jpg", BytesIO(_progressive())):
        with open_picture(source) as picture:
            assert picture.convert("RGB").size == (30, 40)


def test_a_picture_of_endless_scans_is_not_decoded(tmp_path: Path):
    """Each scan goes over all pixels again: a file of a megabyte can take hours."""
    content = _progressive()
    where = content.rindex(b"\xff\xda")
    scan = content[where:-2]
    (tmp_path / "a.jpg").write_bytes(content[:where] + scan * (MOST_SCANS + 1) + b"\xff\xd9")
    for source in (tmp_path / "a.jpg", BytesIO((tmp_path / "a.jpg").read_bytes())):
        with pytest.raises(ValueError, match="scans, where 100 are plenty"):
            open_picture(source)


def test_a_drawing_program_is_not_run(tmp_path: Path):
    Image.new("RGB", (4, 4)).save(tmp_path / "a.eps")
    (tmp_path / "a.eps").rename(tmp_path / "a.png")
    with pytest.raises(ValueError, match="EPS is a program that draws"):
        open_picture(tmp_path / "a.png")


def test_what_is_no_picture(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(OSError, match="named pipe"):
        open_picture(tmp_path / "pipe.png")
    (tmp_path / "words.png").write_text("words")
    with pytest.raises(UnidentifiedImageError):
        open_picture(tmp_path / "words.png")
