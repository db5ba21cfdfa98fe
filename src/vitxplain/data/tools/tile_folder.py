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
from vitxplain.data.folders.voc_annotation import VocObject, read_annotation
from vitxplain.data.folders.voc_segments import Segments, in_tile, object_mask, read_segments
from vitxplain.data.read_image import read_image
from vitxplain.data.sample import Box, Mask
from vitxplain.data.splits.groups import TILES
from vitxplain.data.tiling import Corner, Tiling, centred, components, cut, grid
from vitxplain.data.tools.contents import Contents, StoredImage, read_contents
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
    """The result; `left_out` counts tiles with too little of a defect, `skipped` says why images are not in."""

    folder: Path
    images: int
    tiles: tuple[Tile, ...]
    left_out: int
    skipped: tuple[str, ...]


class _Defects(NamedTuple):
    """Where the defects of an image are: pixel by pixel, one by one, and as Pascal VOC says it where it does."""

    mask: Mask
    boxes: list[Box]
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
    contents = read_contents(folder, strict=strict)
    _check(contents, tiling)
    tiles: list[Tile] = []
    left_out, skipped = 0, list(contents.skipped)
    with new_folder(out, mark=TILES, source=folder, overwrite=overwrite) as aside:
        for stored in contents.images:
            try:
                written, poor = _cut_up(contents, stored, tiling, aside)
                tiles += written
                left_out += poor
            except ImageError as error:
                if strict:
                    raise
                skipped.append(str(error))
            progress(1)
        if not tiles:
            raise DataError(f"no tile of {folder} is left; lower --min-defect-share. {' '.join(skipped[:1])}".strip())
        if contents.layout is voc:
            write_lists(aside, [(tile.tile, tile.split) for tile in tiles])
        (aside / TILES).write_bytes(csv_bytes(Tile._fields, tiles, line_end="\r\n"))
    return TileFolder(
        out, len(contents.images) + len(contents.skipped) - len(skipped), tuple(tiles), left_out, tuple(skipped)
    )


def _check(contents: Contents, tiling: Tiling) -> None:
    if contents.layout is table_folder:
        raise DataError(
            f"{contents.folder} has a table, whose rows may share an image; tiles are cut from images/ and masks/. "
            "Copy each image to images/CLASS/NAME.png and its mask to masks/CLASS/NAME.png, and leave the table out."
        )
    if contents.layout is image_folder:
        raise DataError(
            f"{contents.folder} does not say where the defects are, so a tile of a bad image may be good. Tiles are "
            "cut from images/ and masks/, or from a Pascal-VOC folder with boxes."
        )
    if contents.layout is voc and tiling.pad in ("reflect", "edge"):
        raise OptionError(f"--pad {tiling.pad} would show objects again outside their boxes; take --pad constant.")
    small = [stored for stored in contents.images if stored.size[0] < tiling.size[0] or stored.size[1] < tiling.size[1]]
    if small and tiling.pad is None:
        (height, width), (tall, wide) = small[0].size, tiling.size
        raise DataError(
            f"{len(small)} of {len(contents.images)} images are smaller than a tile of {tall} x {wide} px (height x "
            f"width): {small[0].item.name} is {height} x {width}. Give --pad constant, reflect or edge, or a smaller "
            "--size."
        )


def _cut_up(contents: Contents, stored: StoredImage, tiling: Tiling, where: Path) -> tuple[list[Tile], int]:
    """Write the tiles of one image; how many were left out for showing too little of a defect."""
    defects, pixels = _defects(contents, stored), np.asarray(read_image(stored.item.path))
    round_defects = centred(stored.size, tiling.size, defects.boxes) if tiling.centre_on_defects else []
    kinds: dict[Corner, Literal["grid", "centred"]] = dict.fromkeys(
        grid(stored.size, tiling.size, tiling.overlap), "grid"
    )
    kinds |= dict.fromkeys(round_defects, "centred")
    tiles, left_out = [], 0
    for corner, kind in sorted(kinds.items()):
        mask = cut(defects.mask, corner, tiling.size, tiling.pad or "constant")
        share = float(mask.mean())
        if 0 < share < tiling.min_defect_share:
            left_out += 1
            continue
        image = Image.fromarray(cut(pixels, corner, tiling.size, tiling.pad or "constant"))
        stem = f"{PurePosixPath(stored.item.name).stem}.y{corner.top}x{corner.left}"
        if contents.layout is voc:
            objects = in_tile(defects.objects, defects.segments, corner, tiling.size)
            segments = defects.segments.tile(corner, tiling.size, objects)
            label, path = write_voc(where, stored, stem, image, objects, segments)
        else:
            label, path = write_masked(where, contents, stored, stem, image, mask)
        tiles.append(
            Tile(path, stored.item.name, stored.split or "", *corner, *tiling.size, kind, label, round(share, 6))
        )
    return tiles, left_out


def _defects(contents: Contents, stored: StoredImage) -> _Defects:
    """The defects of an image; ImageError where it is not known where they are."""
    if contents.layout is voc:
        key = str(PurePosixPath(stored.item.name).with_suffix(""))
        objects = read_annotation(contents.folder / "Annotations" / f"{key}.xml").objects
        segments = read_segments(contents.folder, key, stored.size)
        return _Defects(
            object_mask(objects, segments, stored.size), [voc_object.box for voc_object in objects], objects, segments
        )
    if stored.item.mask is not None:
        mask = stored.item.mask.read(stored.size)
        return _Defects(mask, components(mask), [], Segments({}))
    if contents.labels[stored.item.label] == GOOD:
        return _Defects(np.zeros(stored.size, bool), [], [], Segments({}))
    raise ImageError(f"{stored.item.name} has no mask, so where its defects are is not known; it gives no tiles.")
