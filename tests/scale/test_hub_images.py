"""Images of a data set of the Hub are read by their addresses, from a Hub on the loopback interface."""

from pathlib import Path

import pytest
from huggingface_hub import HfFileSystem, constants

from tests.data.data_hub import data_hub
from tests.scale.photos import photographs
from vitxplain.scale.listing import listing


def test_images_of_the_hub_are_listed_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    photographs(tmp_path / "photos", 3)
    HfFileSystem.clear_instance_cache()
    with data_hub({"me/photos": tmp_path / "photos"}) as (address, _):
        monkeypatch.setattr(constants, "ENDPOINT", address)
        monkeypatch.setattr(
            constants, "HUGGINGFACE_CO_URL_TEMPLATE", address + "/{repo_id}/resolve/{revision}/{filename}"
        )
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        images = listing("hf://datasets/me/photos")
        assert [name.rpartition("photos/")[2] for name in images.names] == [
            "0.png",
            "2.png",
            "damaged.png",
            "deep/1.png",
        ]
        assert images.image(3).size == (48, 48)
    HfFileSystem.clear_instance_cache()
