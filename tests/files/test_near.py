"""Folders that were meant."""

from pathlib import Path

import pytest

from vitxplain.files.near import beside_the_hub, looks_like_a_path, near_folders, no_such_folder


@pytest.mark.parametrize(
    ("source", "path"),
    [
        *((one, True) for one in ("./smal", "../smal", "~/smal", "/smal", "a/b/c", "smal/", "a\\b", Path("smal"))),
        *((one, False) for one in ("smal", "google/vit-base-patch16-224", "vit-base", "")),
    ],
)
def test_what_is_a_path_and_nothing_else(source: str | Path, path: bool):
    assert looks_like_a_path(source) == path


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("runs/small", "runs/large", "photos"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "runs" / "smalls").write_text("a file")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("runs/smal", ["runs/small"]),
        ("rnus/small", ["runs/small"]),
        ("./Photo", ["photos"]),
        ("photos/small", []),
        ("google/vit", []),
        ("runs/small", []),
        ("x" * 5000, []),
    ],
)
def test_near(here: Path, typed: str, near: list[str]):
    assert near_folders(Path(typed)) == near


def test_sentences(here: Path):
    assert no_such_folder("./runs/smal") == (
        f"the folder ./runs/smal does not exist; check the path (looked up in {here}). Did you mean the folder "
        "runs/small?"
    )
    assert no_such_folder("/nowhere") == "the folder /nowhere does not exist; check the path."
    assert beside_the_hub("runs/other").endswith(f"(looked up in {here}). And as a Hub id: ")
    assert beside_the_hub("google/vit") == ""
