"""Random changes of training images, and of what is labelled on them; the same key gives the same change."""

from collections.abc import Callable
from dataclasses import replace

from PIL import Image, ImageEnhance

from vitxplain.data.sample import Sample
from vitxplain.data.stable_random import StableRandom
from vitxplain.train.config.options import Augmentation
from vitxplain.train.loop.move_sample import cropped, mirrored, turned


def augment(sample: Sample, how: Augmentation, key: tuple[int, ...]) -> Sample:
    """The sample changed as `how` says, boxes of objects and class map with it; the image's size stays."""
    random = StableRandom(*key)
    for change in _CHANGES[how]:
        sample = change(sample, random)
    return sample


def _flip(sample: Sample, random: StableRandom) -> Sample:
    return mirrored(sample) if random.unit() < 0.5 else sample


def _crop(sample: Sample, random: StableRandom) -> Sample:
    """A part of 50 to 100 % of the area, its proportions changed by up to 4:3, stretched to the whole."""
    image = sample.image
    share, stretch = random.between(0.5, 1.0) ** 0.5, random.between(0.75, 4 / 3) ** 0.5
    width, height = min(1.0, share * stretch) * image.width, min(1.0, share / stretch) * image.height
    left, top = random.between(0, image.width - width), random.between(0, image.height - height)
    return cropped(sample, (left, top, left + width, top + height))


def _shift(sample: Sample, random: StableRandom) -> Sample:
    """Up to 6 % of each side, and a turn of up to 8 degrees; what comes in is the mean colour."""
    right, down = (round(random.between(-0.06, 0.06) * side) for side in sample.image.size)
    mean = sample.image.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    return turned(sample, random.between(-8, 8), (right, down), mean)


def _light(sample: Sample, random: StableRandom) -> Sample:
    """Brightness, contrast and colour by up to a fifth."""
    image = sample.image
    for kind in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        image = kind(image).enhance(random.between(0.8, 1.2))
    return replace(sample, image=image)


def _erase(sample: Sample, random: StableRandom) -> Sample:
    """A grey rectangle over 2 to 20 % of every fourth image (Zhong et al. 2020, Random Erasing).

    Nothing is erased where objects or pixels are labelled: what is hidden would still be said to be there.
    """
    if random.unit() >= 0.25 or sample.objects is not None or sample.class_map is not None:
        return sample
    image = sample.image
    share, stretch = random.between(0.02, 0.2) ** 0.5, random.between(0.5, 2.0) ** 0.5
    width, height = round(share * stretch * image.width), round(share / stretch * image.height)
    left, top = random.whole(max(1, image.width - width)), random.whole(max(1, image.height - height))
    changed = image.copy()
    changed.paste((128, 128, 128), (left, top, left + width, top + height))
    return replace(sample, image=changed)


_CHANGES: dict[Augmentation, tuple[Callable[[Sample, StableRandom], Sample], ...]] = {
    "none": (),
    "flip": (_flip,),
    "crop": (_crop,),
    "light": (_shift, _light),
    "strong": (_crop, _flip, _light, _erase),
}
