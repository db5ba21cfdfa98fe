import os
from pathlib import Path

from vitxplain.files.walk import files_in, folders_in, image_files


def test_pipes_are_left_out_and_links_that_lead_nowhere_are_not(tmp_path: Path):
    """A pipe would be waited for; a broken link is a file that someone misses."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.png").touch()
    os.mkfifo(tmp_path / "a" / "2.png")
    (tmp_path / "a" / "3.png").symlink_to("nowhere.png")
    (tmp_path / "a" / "4.png").symlink_to("4.png")
    (tmp_path / "a" / "5.png").symlink_to("2.png")
    assert image_files(tmp_path) == ["a/1.png", "a/3.png", "a/4.png"]
    assert folders_in(tmp_path / "a") == []
    assert files_in(tmp_path / "a") == ["1.png"]
