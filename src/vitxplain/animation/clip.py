"""The frames of a GIF, or of a PNG, WebP or AVIF that moves, with the time each is shown."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path, PurePath
from typing import Final
from urllib.parse import urlsplit

from PIL import Image

from vitxplain.data.download import download, is_url
from vitxplain.data.read_image import decoded, existing_file, to_rgb
from vitxplain.files.pictures import open_picture

MOVING: Final = ("GIF", "PNG", "WEBP", "AVIF")  # formats whose frames follow in time; those of a TIFF are pages
ENDINGS: Final = (".gif", ".apng", ".webp")
MOST_FRAMES: Final = 200  # of one animation, whose pictures are all in memory while it is written
USUAL_MILLISECONDS: Final = 100  # what browsers take where a file says nothing, or less than they can show
LEAST_MILLISECONDS: Final = 20


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of a clip, as RGB, and how long it is shown."""

    image: Image.Image
    milliseconds: int


@dataclass(frozen=True, eq=False)
class Clip:
    """A picture of several frames: its name, where it is read from, and how many there are."""

    name: str
    content: Path | BytesIO
    count: int

    @property
    def taken(self) -> int:
        """How many frames are taken."""
        return len(range(0, self.count, self.step))

    @property
    def step(self) -> int:
        """Each how many-th frame is taken, so that there are not more than `MOST_FRAMES`."""
        return -(-self.count // MOST_FRAMES)

    def frames(self) -> Iterator[Frame]:
        """Those that are taken, each shown for the time of those it stands for.

        Raises:
            ImageError: one cannot be read.
        """
        with open_picture(self.content) as picture:
            for first in range(0, self.count, self.step):
                milliseconds = 0
                image = decoded(partial(_frame, picture, first), self.name, to_rgb)
                for number in range(first, min(first + self.step, self.count)):
                    picture.seek(number)
                    milliseconds += _milliseconds(picture)
                yield Frame(image, milliseconds)


def clip_of(source: str) -> Clip | None:
    """The clip in a file or at an address; None where there is one frame, or nothing that can be read.

    Of addresses those alone that end as clips do, since each is downloaded for this.
    """
    try:
        if is_url(source) and PurePath(urlsplit(source).path).suffix.lower() not in ENDINGS:
            return None
        content = download(source) if is_url(source) else existing_file(source)
        with open_picture(content) as picture:
            count = getattr(picture, "n_frames", 1) if picture.format in MOVING else 1
    except Exception:  # reading it as an image says what is wrong
        return None
    return Clip(source, content, count) if count > 1 else None


def _frame(picture: Image.Image, number: int) -> Image.Image:
    picture.seek(number)
    return picture.copy()


def _milliseconds(picture: Image.Image) -> int:
    stated = int(picture.info.get("duration") or 0)
    return stated if stated >= LEAST_MILLISECONDS else USUAL_MILLISECONDS
