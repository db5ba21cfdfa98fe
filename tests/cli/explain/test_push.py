"""Maps pushed to the Hub, by one who is logged in and by those who are not."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants

from tests.cli.explain.upload_hub import TOKEN, upload_hub
from tests.scale.photos import contents, photographs
from vitxplain import scale
from vitxplain.errors import UsageError

TYPED = ("--model", "demo-cnn", "--method", "grad-cam", "--format", "parquet", "--out", "maps", "--quiet")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[tuple[dict[str, bytes], list[str]]]:
    monkeypatch.chdir(tmp_path)
    photographs(tmp_path / "photos", 2)
    (tmp_path / "photos" / "damaged.png").unlink()
    with upload_hub() as (address, files, requests):
        monkeypatch.setattr(constants, "ENDPOINT", address)
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        yield files, requests


@pytest.mark.filterwarnings("ignore:Use .content=:DeprecationWarning")  # of the Hub library's own call
def test_shards_manifest_and_a_page_are_pushed(hub: tuple[dict[str, bytes], list[str]], vitx: Callable):
    files, requests = hub
    pushed = vitx("explain", "photos", *TYPED, "--push-to-hub", "me/maps")
    assert pushed.code == 0, pushed.err
    card = files.pop("README.md").decode()
    assert "- config_name: grad-cam\n" in card
    assert files == contents(Path("maps"))
    assert requests.index("/api/repos/create") < len(requests) - 4  # before the work, too
    again = vitx("explain", "photos", *TYPED, "--push-to-hub", "me/maps")
    assert again.code == 0, again.err


def test_who_may_not_is_told_before_any_work(
    hub: tuple[dict[str, bytes], list[str]], vitx: Callable, monkeypatch: pytest.MonkeyPatch
):
    def refused(repository: str) -> str:
        said = vitx("explain", "photos", *TYPED, "--push-to-hub", repository)
        assert said.code == 2
        assert not Path("maps").exists()
        return said.err

    assert "the login may not write there" in refused("me/others")
    assert "give OWNER/NAME" in refused("a/b/c")
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    assert "the Hub does not know the login" in refused("me/maps")
    monkeypatch.delenv("HF_TOKEN")
    assert "nobody is logged in. Log in with `hf auth login`" in refused("me/maps")
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE is set" in refused("me/maps")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    assert "the Hub could not be reached" in refused("me/maps")
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert "run the same command alone" in refused("me/maps")


def test_an_unfinished_run_is_not_pushed(hub: tuple[dict[str, bytes], list[str]], vitx: Callable):
    vitx("explain", "photos", *TYPED)
    Path("maps/manifest/00000.json").unlink()
    with pytest.raises(UsageError, match="1 shards of maps are still to be made"):
        scale.push_to_hub("maps", "me/maps")
