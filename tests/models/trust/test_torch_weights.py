"""A .pth file in the cache runs nothing, whatever lies there."""

import hashlib
import os
from pathlib import Path

import pytest
import torch
from torch import hub

from vitxplain.errors import ModelLoadError
from vitxplain.models.trust.torch_weights import published_file

URL = "https://example.org/models/{}"


class Touch:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of torch.hub's files."""
    monkeypatch.setattr(hub, "get_dir", lambda: str(tmp_path))
    (tmp_path / "checkpoints").mkdir()
    return tmp_path / "checkpoints"


def _named_by_hash(file: Path) -> Path:
    return file.rename(file.with_name(f"net-{hashlib.sha256(file.read_bytes()).hexdigest()[:8]}.pth"))


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("hashed", [True, False])
def test_weights_pass_and_code_does_not(cache: Path, tmp_path: Path, zipped: bool, hashed: bool):
    file = cache / "net.pth"
    torch.save({"weight": torch.ones(2)}, file, _use_new_zipfile_serialization=zipped)
    file = _named_by_hash(file) if hashed else file
    assert published_file("x", URL.format(file.name)) == file
    file = cache / "net.pth"
    torch.save({"weight": Touch(tmp_path / "ran")}, file, _use_new_zipfile_serialization=zipped)
    file = _named_by_hash(file) if hashed else file
    with pytest.raises(ModelLoadError, match="could run code.*delete it, and it is fetched again"):
        published_file("x", URL.format(file.name))
    assert not (tmp_path / "ran").exists()


def test_another_file_under_the_name_of_the_published_one(cache: Path):
    torch.save({}, cache / "net-0123456789.pth")
    with pytest.raises(ModelLoadError, match="is not the file that was published"):
        published_file("x", URL.format("net-0123456789.pth"))


def test_what_is_not_there_is_fetched_and_checked(cache: Path, monkeypatch: pytest.MonkeyPatch):
    fetched: list[object] = []

    def download(url: str, place: str, hash_prefix: str | None) -> None:
        fetched.append((url, hash_prefix))
        raise RuntimeError("invalid hash value")

    monkeypatch.setattr(hub, "download_url_to_file", download)
    with pytest.raises(ModelLoadError, match="weights of x could not be fetched.*invalid hash value"):
        published_file("x", URL.format("net-01234567.pth"))
    assert fetched == [(URL.format("net-01234567.pth"), "01234567")]
