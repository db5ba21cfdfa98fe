"""Words for people, and names of files."""

from pathlib import Path

import pytest

from vitxplain.words import percent, short_name, slug, source_name, unique_stems


@pytest.mark.parametrize(
    ("name", "shown"),
    [("tench, Tinca tinca", "tench"), ("cup", "cup"), (", x", ", x"), ("x" * 50, "x" * 35 + "…"), ("", "")],
)
def test_the_first_synonym_and_no_more_than_fits(name, shown):
    assert short_name(name) == shown


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0.3125, "31.2%"), (1.0, "100%"), (0.99999, "100%"), (0.9994, "99.9%"), (1e-6, "<0.1%"), (0, "0.0%")],
)
def test_percent(share, shown):
    assert percent(share) == shown


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("facebook/deit-tiny-patch16-224", "facebook/deit-tiny-patch16-224"),
        ("/here/deit", "deit"),
        ("runs/mine/model", "mine"),
        ("/here/vitx-runs/scratch-digits/model", "scratch-digits"),
        ("./model", "model"),
        ("model", "model"),
        ("owner/model", "owner/model"),
    ],
)
def test_a_folder_goes_by_its_name_and_the_model_of_a_run_by_the_runs(source, shown):
    assert source_name(source) == shown


def test_a_relative_folder_that_is_there_is_no_hub_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "mine" / "model").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert [source_name(source) for source in ("mine/model", "mine", "mine/../mine/")] == ["mine"] * 3
    monkeypatch.chdir(tmp_path / "mine")
    assert [source_name(source) for source in (".", "./model", "model")] == ["mine"] * 3


@pytest.mark.parametrize(
    ("name", "shown"),
    [("vit (1)", "vit-1"), ("a--b", "a-b"), ("timm/vit.a1", "timm-vit.a1"), ("k=2", "k=2"), ("..", "folder")],
)
def test_a_slug_can_be_part_of_a_file_name(name, shown):
    assert slug(name) == shown


def test_what_a_slug_keeps_can_be_said():
    assert slug("a--b c", keep=".=-") == "a--b-c"
    assert slug("run=1 (copy)", keep=".-", strip="") == "run-1-copy-"
    assert slug("/", empty="model") == "model"


@pytest.mark.parametrize(
    ("stems", "unique"),
    [
        (["cat", "dog"], ["cat", "dog"]),
        (["cat", "cat", "cat"], ["cat", "cat-2", "cat-3"]),
        (["cat", "Cat"], ["cat", "Cat-2"]),
        (["cat-2", "cat", "cat"], ["cat-2", "cat", "cat-3"]),
        (["cat", "cat", "cat-2"], ["cat", "cat-2", "cat-2-2"]),
        ([], []),
    ],
)
def test_equal_stems(stems: list[str], unique: list[str]):
    assert unique_stems(stems) == unique
    assert len({name.casefold() for name in unique}) == len(unique)
