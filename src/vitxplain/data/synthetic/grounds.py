"""What digits lie on: two dark colours, mixed by a texture."""

import numpy as np
from jaxtyping import Float, UInt8

from vitxplain.data.stable_random import StableRandom
from vitxplain.data.synthetic import textures

GROUNDS = ("plain", *textures.TEXTURES)
Picture = Float[np.ndarray, "height width 3"]


def ground(size: tuple[int, int], random: StableRandom, hardness: float) -> tuple[str, Picture]:
    """The name of a texture and its pixels, [0, 1]; the harder, the rarer it is plain."""
    name = random.pick(textures.TEXTURES) if random.unit() < 0.9 * hardness else "plain"
    dark, other = random.units(3) * random.between(0, 0.3), random.units(3) * random.between(0.3, 0.7)
    if name == "plain":
        return name, np.broadcast_to(random.pick((dark, other)), (*size, 3))
    weave = textures.texture(name, size, random)[..., None]
    return name, dark * (1 - weave) + other * weave


def as_bytes(picture: Picture) -> UInt8[np.ndarray, "height width 3"]:
    """Rounded to whole numbers from 0 to 255, what lies beyond cut."""
    return np.floor(np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)
