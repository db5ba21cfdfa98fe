"""A folder of large images with masks or boxes cut into tiles, as a new folder that every command opens."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple

import numpy as np
from PIL import Image

from vitxplain.data.folders.image_folder import image_folder
from vitxplain.data.folders.masked_folder import GOOD
from vitxplain.data.folders.table_folder import table_folder
from vitxplain.data.folders.voc import voc
from vitxplain.data.folders.voc_annotation import VocObject, read_objects
from vitxplain.data.folders.voc_segments import Segments, in_tile, object_mask, read_segments
from vitxplain.data.read_image import read_image
from vitxplain.data.sample import Box, Mask
from vitxplain.data.splits.groups import TILES
from vitxplain.data.tiling import Place, Tiling, centred, components, cut, grid
from vitxplain.data.tools.contents import Contents, Stored, contents
from vitxplain.data.tools.tile_files import write_lists, write_masked, write_voc
from vitxplain.errors import DataError, ImageError, OptionError
from vitxplain.files.new_folder import new_folder
from vitxplain.files.tables import csv_bytes


class Tile(NamedTuple):
    """A row of tiles.csv; pixel (row, column) of the tile is pixel (top + row, left + column) of its source."""

    tile: str  # path below the folder
    source: str  # path of the image below the folder it came from, as load_data names it
    split: str
    top: int
    left: int
    height: int
    width: int
    kind: Literal["grid", "centred"]
    label: str
    defect_share: float


@dataclass(frozen=True)
class TileFolder:
    """What came of it; `left_out` counts tiles with too little of a defect, `skipped` says why images are not in."""

    folder: Path
    images: int
    tiles: tuple[Tile, ...]
    left_out: int
    skipped: tuple[str, ...]


class _Known(NamedTuple):
    """Where the defects of an image are: pixel by pixel, one by one, and as Pascal VOC says it where it does."""

    mask: Mask
    each: list[Box]
    objects: list[VocObject]
    segments: Segments


def tile_folder(
    folder: Path,
    out: Path,
    tiling: Tiling,
    *,
    overwrite: bool = False,
    strict: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> TileFolder:
    """Cut every image, its mask or boxes with it, into PNG files; tiles.csv says where each lay.

    Splits stay as they are. Tiles of a folder with class folders that show no defect are good, the others of the class.

    Raises:
        DataError: the folder has no masks or boxes, or images smaller than a tile that are not to be padded.
        OptionError: boxes, and a pad that would show objects twice.
        ImageError: an image is damaged, and `strict`.
        OutputError: `out` is in the way or cannot be written.
    """
    found = contents(folder, strict=strict)
    _check(found, tiling)
    tiles: list[Tile] = []
    left_out, skipped = 0, list(found.skipped)
    with new_folder(out, mark=TILES, source=folder, overwrite=overwrite) as aside:
        for one in found.images:
            try:
                written, poor = _cut_up(found, one, tiling, aside)
                tiles += written
                left_out += poor
            except ImageError as error:
                if strict:
                    raise
                skipped.append(str(error))
            progress(1)
        if not tiles:
            raise DataError(f"no tile of {folder} is left; lower --min-defect-share. {' '.join(skipped[:1])}".strip())
        if found.layout is voc:
            write_lists(aside, [(tile.tile, tile.split) for tile in tiles])
        (aside / TILES).write_bytes(csv_bytes(Tile._fields, tiles, line_end="\r\n"))
    return TileFolder(
        out, len(found.images) + len(found.skipped) - len(skipped), tuple(tiles), left_out, tuple(skipped)
    )


def _check(found: Contents, tiling: Tiling) -> None:
    if found.layout is table_folder:
        raise DataError(
            f"{found.folder} has a table, whose rows may share an image; tiles are cut from images/ and masks/. Copy "
            "each image to images/CLASS/NAME.png and its mask to masks/CLASS/NAME.png, and leave the table out."
        )
    if found.layout is image_folder:
        raise DataError(
            f"{found.folder} does not say where the defects are, so a tile of a bad image may be good. Tiles are cut "
            "from images/ and masks/, or from a Pascal-VOC folder with boxes."
        )
    if found.layout is voc and tiling.pad in ("reflect", "edge"):
        raise OptionError(f"--pad {tiling.pad} would show objects again outside their boxes; take --pad constant.")
    small = [one for one in found.images if one.size[0] < tiling.size[0] or one.size[1] < tiling.size[1]]
    if small and tiling.pad is None:
        (height, width), (tall, wide) = small[0].size, tiling.size
        raise DataError(
            f"{len(small)} of {len(found.images)} images are smaller than a tile of {tall} x {wide} px (height x "
            f"width): {small[0].item.name} is {height} x {width}. Give --pad constant, reflect or edge, or a smaller "
            "--size."
        )


def _cut_up(found: Contents, one: Stored, tiling: Tiling, where: Path) -> tuple[list[Tile], int]:
    """Write the tiles of one image; how many were left out for showing too little of a defect."""
    known, pixels = _known(found, one), np.asarray(read_image(one.item.path))
    round_defects = centred(one.size, tiling.size, known.each) if tiling.centre_on_defects else []
    kinds: dict[Place, Literal["grid", "centred"]] = dict.fromkeys(grid(one.size, tiling.size, tiling.overlap), "grid")
    kinds |= dict.fromkeys(round_defects, "centred")
    tiles, left_out = [], 0
    for place, kind in sorted(kinds.items()):
        mask = cut(known.mask, place, tiling.size, tiling.pad or "constant")
        share = float(mask.mean())
        if 0 < share < tiling.min_defect_share:
            left_out += 1
            continue
        image = Image.fromarray(cut(pixels, place, tiling.size, tiling.pad or "constant"))
        stem = f"{PurePosixPath(one.item.name).stem}.y{place.top}x{place.left}"
        if found.layout is voc:
            objects = in_tile(known.objects, known.segments, place, tiling.size)
            segments = known.segments.tile(place, tiling.size, objects)
            label, path = write_voc(where, one, stem, image, objects, segments)
        else:
            label, path = write_masked(where, found, one, stem, image, mask)
        tiles.append(Tile(path, one.item.name, one.split or "", *place, *tiling.size, kind, label, round(share, 6)))
    return tiles, left_out


def _known(found: Contents, one: Stored) -> _Known:
    """Raises ImageError where it is not known."""
    if found.layout is voc:
        key = str(PurePosixPath(one.item.name).with_suffix(""))
        objects = read_objects(found.folder / "Annotations" / f"{key}.xml")
        segments = read_segments(found.folder, key, one.size)
        return _Known(object_mask(objects, segments, one.size), [box for _, box, _ in objects], objects, segments)
    if one.item.mask is not None:
        mask = one.item.mask.read(one.size)
        return _Known(mask, components(mask), [], Segments({}))
    if found.labels[one.item.label] == GOOD:
        return _Known(np.zeros(one.size, bool), [], [], Segments({}))
    raise ImageError(f"{one.item.name} has no mask, so where its defects are is not known; it gives no tiles.")
