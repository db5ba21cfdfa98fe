import os
from pathlib import Path

import pytest

from vitxplain.files.paths import exists, is_file, is_folder, is_text, real_path, user_path


@pytest.mark.parametrize("name", ["n" * 300, "d/" * 2500, "a\0b", "", "~nobody-of-that-name/x", os.fsdecode(b"\xe9")])
def test_names_of_no_file(name: str):
    path = user_path(name)
    assert not exists(path) or name == ""
    assert not is_file(path)
    assert is_folder(path) == (name == "")
    assert is_text(path) == (name != os.fsdecode(b"\xe9"))


def test_links(tmp_path: Path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "good").symlink_to("folder")
    (tmp_path / "loop").symlink_to("loop")
    assert is_folder(tmp_path / "good")
    assert real_path(tmp_path / "good") == real_path(tmp_path) / "folder"
    assert not exists(tmp_path / "loop")
    assert real_path(tmp_path / "loop") == real_path(tmp_path) / "loop"
