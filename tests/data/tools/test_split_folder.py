import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from tests.data.image_folders import class_folders, masked_folders, noise, save, voc_folder
from vitxplain.data.load import load_data
from vitxplain.data.splits.ratio import SPLITS
from vitxplain.data.tiling import Tiling
from vitxplain.data.tools.contents import read_contents
from vitxplain.data.tools.split_folder import split_folder
from vitxplain.data.tools.tile_folder import tile_folder
from vitxplain.errors import DataError, ImageError, OptionError, OutputError


def names(folder: Path, split: str) -> list[str]:
    return [sample.name.removeprefix(f"{split}/") for sample in load_data(folder, split)]


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "split.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_each_class_is_shared_out_by_the_ratio(tmp_path):
    source, out = class_folders(tmp_path / "in"), tmp_path / "out"
    done = split_folder(source, out)
    assert done.counts == {"train": [16, 8], "validation": [2, 1], "test": [2, 1]}
    assert done.missing == []
    found = {split: names(out, split) for split in SPLITS}
    assert sorted(name for split in SPLITS for name in found[split]) == sorted(
        one.item.name for one in read_contents(source).images
    )
    assert len(rows(out)) == 30
    assert load_data(out, "test").labels == ("cat", "dog")
    assert not [file for file in tmp_path.iterdir() if file.name.startswith(".")]


@pytest.mark.parametrize("make", [class_folders, masked_folders, voc_folder])
def test_it_is_the_split_that_load_data_draws(make, tmp_path):
    source, out = make(tmp_path / "in"), tmp_path / "out"
    split_folder(source, out, (0.6, 0.2, 0.2), seed=3)
    for split in SPLITS:
        drawn = load_data(source, split, seed=3, options={"ratio": (0.6, 0.2, 0.2)})
        assert names(out, split) == [sample.name for sample in drawn]
        for one, same in zip(load_data(out, split), drawn, strict=True):
            assert (one.label, one.boxes) == (same.label, same.boxes)
            assert one.image.tobytes() == same.image.tobytes()
            assert (one.mask is None) == (same.mask is None)
            assert one.mask is None or (one.mask == same.mask).all()


def test_the_seed_decides(tmp_path):
    source = class_folders(tmp_path / "in")
    for seed, name in ((0, "a"), (0, "b"), (1, "c")):
        split_folder(source, tmp_path / name, seed=seed)
    assert rows(tmp_path / "a") == rows(tmp_path / "b") != rows(tmp_path / "c")


def test_images_of_one_name_stay_together(tmp_path):
    source = class_folders(tmp_path / "in")
    for number in range(20):
        save(source / "cat" / f"{number:02d}.jpg", noise(number))
    done = split_folder(source, tmp_path / "out", (50, 25, 25))
    assert done.together == 40
    places = {}
    for row in rows(tmp_path / "out"):
        places.setdefault(row["source"], set()).add(row["split"])
    assert {len(splits) for splits in places.values()} == {1}


def test_tiles_of_one_image_stay_together(tmp_path):
    tiles = tmp_path / "tiles"
    tile_folder(masked_folders(tmp_path / "in"), tiles, Tiling((48, 48)))
    done = split_folder(tiles, tmp_path / "out", (50, 25, 25))
    splits = {}
    for row in rows(tmp_path / "out"):
        splits.setdefault(row["source"], set()).add(row["split"])
    assert len(splits) == 10
    assert all(len(one) == 1 for one in splits.values())
    assert all(sum(counts) for counts in done.counts.values())


def test_links_lead_to_the_files(tmp_path):
    split_folder(class_folders(tmp_path / "in"), tmp_path / "out", link=True)
    links = list((tmp_path / "out").rglob("*.png"))
    assert len(links) == 30
    assert all(link.is_symlink() and link.is_file() for link in links)


def test_nothing_for_validation(tmp_path):
    done = split_folder(class_folders(tmp_path / "in"), tmp_path / "out", (80, 0, 20))
    assert done.counts == {"train": [16, 8], "validation": [0, 0], "test": [4, 2]}
    assert done.missing == []


def test_classes_too_small_for_every_split_are_named(tmp_path):
    assert split_folder(class_folders(tmp_path / "in", dogs=1), tmp_path / "out").missing == ["dog"]


def test_damaged_images_are_left_out(tmp_path):
    source = class_folders(tmp_path / "in")
    (source / "cat" / "03.png").write_bytes(b"nothing")
    done = split_folder(source, tmp_path / "out")
    assert "03.png" in done.skipped[0]
    assert sum(map(sum, done.counts.values())) == 29
    with pytest.raises(ImageError, match=r"03\.png"):
        split_folder(source, tmp_path / "strict", strict=True)
    assert not (tmp_path / "strict").exists()


def test_a_folder_in_the_way_is_never_lost(tmp_path):
    source, out = class_folders(tmp_path / "in"), tmp_path / "out"
    save(out / "holiday.png", noise(0))
    with pytest.raises(OutputError, match="is not empty; give another folder, or --overwrite"):
        split_folder(source, out)
    with pytest.raises(OutputError, match=r"holds no split\.csv"):
        split_folder(source, out, overwrite=True)
    assert [file.name for file in out.iterdir()] == ["holiday.png"]


def test_overwrite_replaces_an_earlier_split(tmp_path):
    source, out = class_folders(tmp_path / "in"), tmp_path / "out"
    split_folder(source, out, seed=0)
    before = rows(out)
    with pytest.raises(OutputError, match="not empty"):
        split_folder(source, out, seed=1)
    split_folder(source, out, seed=1, overwrite=True)
    assert rows(out) != before
    assert Counter(path.name for path in tmp_path.iterdir()) == {"in": 1, "out": 1}


def test_an_interrupted_split_leaves_nothing(tmp_path, monkeypatch):
    copied = []

    def interrupted(file, place):
        copied.append(place)
        if len(copied) == 5:
            raise KeyboardInterrupt

    monkeypatch.setattr("vitxplain.data.tools.split_folder.shutil.copy2", interrupted)
    with pytest.raises(KeyboardInterrupt):
        split_folder(class_folders(tmp_path / "in"), tmp_path / "out")
    assert [file.name for file in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize("inside", ["in", "in/out", "."])
def test_source_and_result_lie_apart(inside, tmp_path):
    class_folders(tmp_path / "in")
    with pytest.raises(OutputError, match="lie one in the other"):
        split_folder(tmp_path / "in", tmp_path / inside)


def test_what_is_split_already_is_not_split_again(tmp_path):
    split_folder(class_folders(tmp_path / "in"), tmp_path / "out")
    with pytest.raises(DataError, match="is split already: it has train and validation and test"):
        split_folder(tmp_path / "out", tmp_path / "again")


def test_wrong_folders_and_ratios(tmp_path):
    with pytest.raises(DataError, match="there is no folder"):
        split_folder(tmp_path / "nowhere", tmp_path / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no images"):
        split_folder(tmp_path / "empty", tmp_path / "out")
    with pytest.raises(OptionError, match="three shares"):
        split_folder(class_folders(tmp_path / "in"), tmp_path / "out", (-1, 1, 1))


def table(root: Path, count: int = 20) -> Path:
    """Images with a cat each and, every other one, a dog too, in a table with masks."""
    rows = ["image,label,mask,camera"]
    for number in range(count):
        save(root / "photos" / f"{number:02d}.png", noise(number))
        for word in ("cat", "dog")[: 1 + number % 2]:
            save(root / "masks" / f"{number:02d}.{word}.png", noise(number)[..., 0])
            rows.append(f'photos/{number:02d}.png,{word},masks/{number:02d}.{word}.png,"left, low"')
    (root / "labels.csv").write_text("\n".join(rows))
    (root / "classes.txt").write_text("dog\ncat\n")
    return root


@pytest.mark.parametrize("link", [False, True])
def test_a_table_gets_a_column(link, tmp_path):
    source, out = table(tmp_path / "in"), tmp_path / "out"
    done = split_folder(source, out, (60, 20, 20), seed=1, link=link)
    with (out / "labels.csv").open(newline="") as file:
        written = list(csv.DictReader(file))
    assert len(written) == 30
    assert {row["camera"] for row in written} == {"left, low"}
    assert Counter(row["split"] for row in written) == {kind: sum(done.counts[kind]) for kind in SPLITS}
    for split in SPLITS:
        drawn = load_data(source, split, seed=1, options={"ratio": (60, 20, 20)})
        found = load_data(out, split)
        assert found.labels == ("dog", "cat")
        assert [(one.name, one.label) for one in found] == [(one.name, one.label) for one in drawn]
        assert all((one.mask == same.mask).all() for one, same in zip(found, drawn, strict=True))


def test_a_json_table_without_its_damaged_images(tmp_path):
    for number in range(10):
        save(tmp_path / "in" / f"{number}.png", noise(number))
    index = [{"file": f"{number}.png", "label": "ab"[number % 2]} for number in range(10)]
    (tmp_path / "in" / "index.json").write_text(json.dumps(index))
    (tmp_path / "in" / "3.png").write_bytes(b"nothing")
    done = split_folder(tmp_path / "in", tmp_path / "out", (50, 25, 25))
    written = json.loads((tmp_path / "out" / "index.json").read_text())
    assert [row["file"] for row in written] == [f"{number}.png" for number in range(10) if number != 3]
    assert [len(load_data(tmp_path / "out", kind)) for kind in SPLITS] == [sum(done.counts[kind]) for kind in SPLITS]


def test_a_table_of_images_elsewhere(tmp_path):
    save(tmp_path / "a.png", noise(0))
    save(tmp_path / "in" / "b.png", noise(1))
    (tmp_path / "in" / "labels.csv").write_text("image,label\n../a.png,a\nb.png,b\n")
    with pytest.raises(DataError, match=r"a\.png lies outside .*in, so it has no place in a copy; move it there"):
        split_folder(tmp_path / "in", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_files_of_many_images_stay_as_they_are(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "train-images-idx3-ubyte").touch()
    with pytest.raises(DataError, match="holds mnist files, not a file an image, and stays as it is"):
        split_folder(tmp_path / "in", tmp_path / "out")
