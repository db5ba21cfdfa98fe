from pathlib import Path

from tests.data.stored import class_folders
from vitxplain.data.load import load_data
from vitxplain.data.readable import readable


def test_reading_skips_and_counts_what_is_damaged_and_a_strict_set_stops(tmp_path: Path):
    root = class_folders(tmp_path, {"train/cats": 3, "train/dogs": 3, "val/cats": 1})
    file = root / "train" / "cats" / "001.png"
    file.write_bytes(_damaged_within(file.read_bytes()))
    skipped: list = []
    read = [
        index for index, _ in readable(load_data(root, "train"), lambda index, error: skipped.append((index, error)))
    ]
    assert len(load_data(root, "train")) == 6  # opening looks at the header and the end only, which are whole
    assert len(read) == 5
    assert read == [index for index in range(6) if index != skipped[0][0]]
    assert "001.png is damaged or incomplete" in str(skipped[0][1])


def _damaged_within(content: bytes) -> bytes:
    """The header and the end of the file are whole, the pixels between are not."""
    start = content.index(b"IDAT") + 6
    return content[:start] + bytes(20) + content[start + 20 :]
