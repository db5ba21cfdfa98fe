"""The IDX files MNIST and its relatives come in: big-endian, a magic number, the sizes, the bytes.

Format: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits", section "File formats".
"""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from vitxplain.errors import DataError


def read_idx(file: Path) -> UInt8[np.ndarray, "..."]:
    """Bytes of any number of axes; `.gz` is unpacked.

    Raises:
        DataError: it is no such file, or cut short.
    """
    try:
        content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{file} cannot be read ({error}); download it again.") from error
    if content[:3] != b"\0\0\x08" or len(content) < 4 + 4 * content[3]:
        raise DataError(f"{file} is no IDX file of bytes; download it again.")
    axes = content[3]
    shape = np.frombuffer(content, ">u4", axes, 4).tolist()
    values = np.frombuffer(content, np.uint8, offset=4 + 4 * axes)
    if len(values) != math.prod(shape):
        raise DataError(f"{file} has {len(values):,} of {math.prod(shape):,} bytes; download it again.")
    return values.reshape(shape)
