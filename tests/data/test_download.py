"""Images from the web: through a server on the loopback interface, with good and bad answers."""

import socket

import huggingface_hub.constants
import pytest

from tests.data.image_server import image_server
from vitxplain.data.download import download
from vitxplain.data.read_image import read_image
from vitxplain.errors import ImageError


@pytest.fixture
def _online(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)


@pytest.mark.usefixtures("_online")
def test_addresses() -> None:
    with image_server() as address:
        assert read_image(f"{address}/red.png").getpixel((0, 0)) == (255, 0, 0)
        for page, words in {
            "gone.png": "status 404",
            "page.png": "text/html page",
            "half.png": "could not be fetched|damaged",
            "words.png": "not an image",
        }.items():
            with pytest.raises(ImageError, match=words) as caught:
                read_image(f"{address}/{page}")
            assert page in str(caught.value)


@pytest.mark.usefixtures("_online")
def test_a_file_larger_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    with image_server() as address, pytest.raises(ImageError, match="larger than"):
        download(f"{address}/red.png", max_bytes=10)


@pytest.mark.usefixtures("_online")
def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(ImageError, match=r"could not be fetched.*check the address"):
        read_image(f"http://127.0.0.1:{port}/cat.png")


def test_offline() -> None:
    with pytest.raises(ImageError, match="HF_HUB_OFFLINE is set"):
        read_image("http://127.0.0.1:1/cat.png")
