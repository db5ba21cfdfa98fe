"""Whether an image file is whole, told from its header and its end without decoding it.

Ten thousand files take about a second. Nearly all damage in practice is a file cut short or one that is no image,
and shows here; damage in the middle shows when the image is decoded (data/readable.py).
"""

from pathlib import Path
from typing import IO, Final

from PIL import Image

from vitxplain.data.read_image import read_image
from vitxplain.files.opening import open_file

ENDS: Final = {"JPEG": b"\xff\xd9", "PNG": b"IEND\xaeB`\x82", "GIF": b";"}
ORIENTATION: Final = 0x0112  # EXIF; 5 to 8 are turned by a quarter


def upright_size(path: Path) -> tuple[int, int]:
    """(height, width) in pixels of the image as read_image gives it.

    Raises:
        ImageError: it is damaged, or no image.
    """
    try:
        with open_file(path) as file, Image.open(file) as image:
            width, height = image.size
            turned = "exif" in image.info and image.getexif().get(ORIENTATION, 1) >= 5
            if _ends_well(file, image.format or ""):
                return (width, height) if turned else (height, width)
    except Exception:  # noqa: S110 - on damaged files Pillow raises anything; what is wrong is said by reading them
        pass
    decoded = read_image(path)  # a trailer behind the end is harmless; so whatever looks odd is decoded
    return decoded.height, decoded.width


def _ends_well(file: IO[bytes], kind: str) -> bool:
    """Whether the last bytes are those of a whole file, where the format has such."""
    if kind == "WEBP":
        file.seek(4)
        stated = int.from_bytes(file.read(4), "little") + 8
        return file.seek(0, 2) >= stated
    end = ENDS.get(kind, b"")
    file.seek(-len(end), 2)
    return file.read() == end
