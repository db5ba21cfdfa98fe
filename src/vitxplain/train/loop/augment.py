"""Random changes of training images; the same key gives the same change."""

from collections.abc import Callable

from PIL import Image, ImageEnhance, ImageOps

from vitxplain.data.stable_random import StableRandom
from vitxplain.train.config.options import Augmentation


def augment_image(image: Image.Image, how: Augmentation, key: tuple[int, ...]) -> Image.Image:
    """The image changed as `how` says; its size stays."""
    random = StableRandom(*key)
    for change in _CHANGES[how]:
        image = change(image, random)
    return image


def _flip(image: Image.Image, random: StableRandom) -> Image.Image:
    return ImageOps.mirror(image) if random.unit() < 0.5 else image


def _crop(image: Image.Image, random: StableRandom) -> Image.Image:
    """A part of 50 to 100 % of the area, its proportions changed by up to 4:3, stretched to the whole."""
    share, stretch = random.between(0.5, 1.0) ** 0.5, random.between(0.75, 4 / 3) ** 0.5
    width, height = min(1.0, share * stretch) * image.width, min(1.0, share / stretch) * image.height
    left, top = random.between(0, image.width - width), random.between(0, image.height - height)
    return image.resize(image.size, Image.Resampling.BICUBIC, box=(left, top, left + width, top + height))


def _shift(image: Image.Image, random: StableRandom) -> Image.Image:
    """Up to 6 % of each side, and a turn of up to 8 degrees; what comes in is the mean colour."""
    right, down = (round(random.between(-0.06, 0.06) * side) for side in image.size)
    mean = image.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    angle = random.between(-8, 8)
    return image.rotate(angle, Image.Resampling.BICUBIC, translate=(right, down), fillcolor=mean)


def _light(image: Image.Image, random: StableRandom) -> Image.Image:
    """Brightness, contrast and colour by up to a fifth."""
    for kind in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        image = kind(image).enhance(random.between(0.8, 1.2))
    return image


def _erase(image: Image.Image, random: StableRandom) -> Image.Image:
    """A grey rectangle over 2 to 20 % of every fourth image (Zhong et al. 2020, Random Erasing)."""
    if random.unit() >= 0.25:
        return image
    share, stretch = random.between(0.02, 0.2) ** 0.5, random.between(0.5, 2.0) ** 0.5
    width, height = round(share * stretch * image.width), round(share / stretch * image.height)
    left, top = random.whole(max(1, image.width - width)), random.whole(max(1, image.height - height))
    changed = image.copy()
    changed.paste((128, 128, 128), (left, top, left + width, top + height))
    return changed


_CHANGES: dict[Augmentation, tuple[Callable[[Image.Image, StableRandom], Image.Image], ...]] = {
    "none": (),
    "flip": (_flip,),
    "crop": (_crop,),
    "light": (_shift, _light),
    "strong": (_crop, _flip, _light, _erase),
}
