"""Images of an object store: all below a folder, each read when it is explained."""

from io import BytesIO
from typing import Final

from PIL import Image

from vitxplain.errors import ImageError
from vitxplain.files.pictures import open_picture
from vitxplain.files.reading import reading
from vitxplain.files.walk import is_image_name, plain
from vitxplain.scale.stores import ObjectStore, file_system

ADVICE: Final = "put a whole PNG or JPEG there"


def remote_images(address: str) -> list[str]:
    """The addresses of all images below a folder, sorted; that of one image as it is.

    Raises:
        UsageError: nothing opens such addresses.
        OutputError: the store cannot be reached.
    """
    file_system(address)
    if is_image_name(address.rpartition("/")[2]):
        return [address]
    folder = address.rstrip("/")
    names = [name for name in ObjectStore(address).names() if is_image_name(name.rpartition("/")[2])]
    return [f"{folder}/{name}" for name in sorted(names, key=plain)]


def read_remote(address: str) -> Image.Image:
    """The image at an address.

    Raises:
        ImageError: there is none, or none that can be read.
    """
    with reading(address, "an image that can be read", ADVICE, ImageError):
        system, path = file_system(address)
        return open_picture(BytesIO(system.cat_file(path)))
