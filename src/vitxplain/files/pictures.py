"""Pictures of the user, opened and not yet decoded, with bounds on what decoding them may take."""

from io import BufferedReader, BytesIO
from os import PathLike
from typing import Final

from PIL import Image

from vitxplain.files.opening import check_file, open_file

MOST_SCANS: Final = 100  # of a progressive JPEG; encoders write about ten, and each is a pass over all pixels
_SCAN: Final = b"\xff\xda"
_PROGRAMS: Final = ("EPS",)  # Pillow gives these to an interpreter of PostScript


def open_picture(source: str | PathLike[str] | BytesIO) -> Image.Image:
    """The picture in a file or in bytes, to be decoded and closed.

    Raises:
        OSError: the file cannot be opened, is no plain file, or holds no picture (PIL.UnidentifiedImageError).
        Image.DecompressionBombError: it has more pixels than Pillow takes for safe.
        ValueError: it is a program, or made to take hours.
        Exception: whatever Pillow's parsers meet.
    """
    if isinstance(source, str | PathLike):
        check_file(source)
    picture = Image.open(source)
    try:
        if picture.format in _PROGRAMS:
            raise ValueError(f"{picture.format} is a program that draws, which is not run")
        if picture.info.get("progressive"):
            _check_scans(source)
    except BaseException:
        picture.close()
        raise
    return picture


def _check_scans(source: str | PathLike[str] | BytesIO) -> None:
    """Raise ValueError for a JPEG of absurdly many scans; within their data no byte 255 stands before the mark's."""
    if isinstance(source, str | PathLike):
        with open_file(source) as file:
            scans = _scans(file)
    else:
        where = source.tell()
        source.seek(0)
        scans = _scans(source)
        source.seek(where)
    if scans > MOST_SCANS:
        raise ValueError(f"it has {scans:,} scans, where {MOST_SCANS} are plenty")


def _scans(file: BufferedReader | BytesIO) -> int:
    scans, last = 0, b""
    while part := file.read(2**20):
        scans += (last + part).count(_SCAN)
        last = part[-1:]
    return scans
