"""No split shares an image with another, whatever was made of it."""

import csv
from collections import defaultdict
from pathlib import Path

import pytest

from tests.data.image_folders import masked_folders, noise, save, voc_folder
from vitxplain.data.load import load_data
from vitxplain.data.splits.groups import sources_of
from vitxplain.data.splits.ratio import SPLITS
from vitxplain.data.tiling import Tiling
from vitxplain.data.tools.split_folder import split_folder
from vitxplain.data.tools.tile_folder import tile_folder
from vitxplain.errors import DataError


def splits_by_source(folder: Path, table: Path, seed: int = 0) -> dict[str, set[str]]:
    """The splits in which load_data shows a tile of each source."""
    with table.open(encoding="utf-8", newline="") as file:
        sources = {Path(row["tile"]).stem: row["source"] for row in csv.DictReader(file)}
    found = defaultdict(set)
    for split in SPLITS:
        for sample in load_data(folder, split, seed=seed):
            found[sources[Path(sample.name).stem]].add(split)
    return found


@pytest.mark.parametrize("make", [masked_folders, voc_folder])
@pytest.mark.parametrize("seed", [0, 1])
def test_tiles_of_one_image_are_in_one_split(make, seed, tmp_path):
    tiles = tmp_path / "tiles"
    tile_folder(make(tmp_path / "in", 20), tiles, Tiling((32, 32), min_defect_share=1e-9))
    found = splits_by_source(tiles, tiles / "tiles.csv", seed)
    assert len(found) == 20
    assert all(len(splits) == 1 for splits in found.values())
    assert {split for splits in found.values() for split in splits} == set(SPLITS)
    assert any("stay in one split" in note for note in load_data(tiles).notes)


@pytest.mark.parametrize("make", [masked_folders, voc_folder])
def test_tiles_held_out_of_train_are_of_other_images(make, tmp_path):
    tiles, out = tmp_path / "tiles", tmp_path / "out"
    tile_folder(make(tmp_path / "in", 20), tiles, Tiling((32, 32), min_defect_share=1e-9))
    split_folder(tiles, out, (80, 0, 20))
    found = splits_by_source(out, tiles / "tiles.csv")
    assert all(len(splits) == 1 for splits in found.values())
    assert {split for splits in found.values() for split in splits} == set(SPLITS)


def test_objects_of_one_image_are_in_one_split(tmp_path):
    rows = ["image,label,mask"]
    for number in range(20):
        save(tmp_path / f"{number}.png", noise(number))
        for word in ("cat", "dog"):
            save(tmp_path / "masks" / f"{number}.{word}.png", noise(number)[..., 0])
            rows.append(f"{number}.png,{word},masks/{number}.{word}.png")
    (tmp_path / "labels.csv").write_text("\n".join(rows))
    images = [{Path(sample.name).name.split(".")[0] for sample in load_data(tmp_path, split)} for split in SPLITS]
    assert [len(one) for one in images] == [16, 2, 2]
    assert len(set.union(*images)) == 20


def test_a_table_of_tiles_that_cannot_be_read(tmp_path):
    (masked_folders(tmp_path) / "tiles.csv").write_text("nothing\n1\n")
    with pytest.raises(DataError, match="tiles of one image might be torn apart: make it again or remove it"):
        load_data(tmp_path)


def test_files_named_like_formulas_stay_with_their_source(tmp_path: Path) -> None:
    """Tables mark what a spreadsheet would run; read back, the names are those of the files."""
    for name in ("=1+1", "+a", "-b", "'=c"):
        save(tmp_path / "photos" / "=kind" / f"{name}.png", noise(0, (32, 32)))
    split_folder(tmp_path / "photos", tmp_path / "shared", (0.5, 0.25, 0.25), seed=0)
    text = (tmp_path / "shared" / "split.csv").read_text("utf-8")
    cells = [cell for row in csv.reader(text.splitlines()) for cell in row]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    sources = sources_of(tmp_path / "shared", sorted((tmp_path / "shared").rglob("*.png")))
    assert sorted(sources) == sorted(f"=kind/{name}" for name in ("=1+1", "+a", "-b", "'=c"))
