"""From what is typed to images and names."""

from pathlib import Path

from vitxplain.scale.image_sources import find


def test_a_folder_gives_what_lies_directly_in_it(photos: Path):
    (photos / ".hidden.png").touch()
    (photos / "UPPER.JPEG").touch()
    assert [source.path for source in find([str(photos)])] == [
        str(photos / name) for name in ("UPPER.JPEG", "broken.png", "cat.png", "dog.jpg")
    ]


def test_patterns(photos: Path):
    assert [source.path for source in find(["*.png", "**/cat.*"])] == [
        "broken.png",
        "cat.png",
        "cat.png",
        "more/cat.png",
    ]
    assert [source.stem for source in find(["*.png", "**/cat.*"])] == ["broken", "cat", "cat-2", "cat-3"]


def test_a_name_that_looks_like_a_pattern_and_exists(photos: Path):
    (photos / "cat.png").rename(photos / "cat [1].png")
    assert [source.path for source in find(["cat [1].png"])] == ["cat [1].png"]


def test_urls_keep_their_name(photos: Path):
    (source,) = find(["https://example.org/a%20cat.png?size=large"])
    assert source.stem == "a cat"


def test_what_gives_no_image_says_so(photos: Path):
    (photos / "empty").mkdir()
    (photos / "deep" / "er").mkdir(parents=True)
    found = find(["empty", "deep", "*.tif", "missing.png", "notes.txt"])
    assert [source.error for source in found] == [
        "empty holds no images.",
        "deep holds no images; for those in its folders write 'deep/**/*'.",
        "*.tif matches no image.",
        None,  # reading says why
        None,
    ]
