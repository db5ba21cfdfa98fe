"""The Hub, played by a server on the loopback interface and by a real cache on disk."""

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import huggingface_hub.constants
import pytest
import torch

from tests.models.hub_server import COMMIT, hub_server
from tests.models.tiny_vit import save_tiny_vit, tiny_vit
from vitxplain.errors import ModelLoadError
from vitxplain.models.loading.load import load_model

PIXELS = torch.linspace(-1, 1, 3 * 32 * 32).reshape(1, 3, 32, 32)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(folder))
    return folder


def _connect(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", endpoint)
    template = f"{endpoint}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
    monkeypatch.setattr(huggingface_hub.constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)


@pytest.fixture
def hub(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A reachable Hub with a few repositories; the requests it got."""
    save_tiny_vit(tmp_path / "good")
    save_tiny_vit(tmp_path / "bin")
    (tmp_path / "bin" / "model.safetensors").unlink()
    torch.save(tiny_vit().state_dict(), tmp_path / "bin" / "pytorch_model.bin")
    (tmp_path / "empty").mkdir()
    repositories = {"me/good": tmp_path / "good", "me/bin": tmp_path / "bin", "me/empty": tmp_path / "empty"}
    with hub_server(repositories) as (endpoint, requests):
        _connect(monkeypatch, endpoint)
        yield requests


def test_a_hub_id_loads_at_the_commit_its_branch_points_to(hub: list[str]) -> None:
    model = load_model("me/good")
    assert model.revision == COMMIT
    assert model.labels == {0: "cat", 1: "dog", 2: "newt"}
    torch.testing.assert_close(model.logits(PIXELS), tiny_vit()(PIXELS).logits)


def test_what_is_cached_costs_one_request(hub: list[str]) -> None:
    load_model("me/good")
    hub.clear()
    load_model("me/good")
    assert len([request for request in hub if "config.json" not in request]) == 0


def test_what_is_cached_loads_offline(hub: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    load_model("me/good", revision="v1")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    hub.clear()
    assert load_model("me/good", revision="v1").revision == COMMIT
    assert hub == []


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("none/missing", "no model 'none/missing' that you may read"),
        ("some/gated", "accept its terms at https://huggingface.co/some/gated"),
        ("some/broken", "status 500"),
        ("me/empty", "no config.json"),
        ("me/bin", "allow_pickle=True"),
        ("vit-bse", "Did you mean vit-base"),
    ],
)
def test_refusals_say_what_to_do(hub: list[str], source: str, words: str) -> None:
    with pytest.raises(ModelLoadError, match=words.replace("(", r"\(")):
        load_model(source)


def test_a_revision_nobody_made(hub: list[str]) -> None:
    with pytest.raises(ModelLoadError, match="me/good has no revision 'v9'"):
        load_model("me/good", revision="v9")


def test_a_pickle_loads_when_asked_for_by_name(hub: list[str]) -> None:
    torch.testing.assert_close(load_model("me/bin", allow_pickle=True).logits(PIXELS), tiny_vit()(PIXELS).logits)


def test_offline_and_not_cached(cache: Path) -> None:
    with pytest.raises(ModelLoadError, match=r"not in the local cache, and HF_HUB_OFFLINE.*Give a folder"):
        load_model("me/good")


def test_nobody_listens(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    _connect(monkeypatch, f"http://127.0.0.1:{port}")
    started = time.monotonic()
    with pytest.raises(ModelLoadError, match=r"could not be reached.*Give a folder"):
        load_model("me/good")
    assert time.monotonic() - started < 20  # asking again and again takes longer


def test_nobody_listens_for_a_processor(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_tiny_vit(tmp_path / "mine")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    _connect(monkeypatch, f"http://127.0.0.1:{port}")
    with pytest.raises(ModelLoadError, match=r"me/good is not in .* Give a folder that holds its processor, or mean="):
        load_model(str(tmp_path / "mine"), processor="me/good")


def test_a_processor_of_the_hub_is_found_in_the_cache_without_it(
    hub: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_tiny_vit(tmp_path / "mine")
    online = load_model(str(tmp_path / "mine"), processor="me/good")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    offline = load_model(str(tmp_path / "mine"), processor="me/good")
    assert offline.processor.input_size == online.processor.input_size


@pytest.mark.slow
def test_a_server_that_never_answers(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        _connect(monkeypatch, f"http://127.0.0.1:{server.getsockname()[1]}")
        started = time.monotonic()
        with pytest.raises(ModelLoadError, match="could not be reached"):
            load_model("me/good")
    assert time.monotonic() - started < 30


def _without_weights(model: Path) -> None:
    for weights in model.rglob("model.safetensors"):
        weights.unlink()


def _without_end(model: Path) -> None:
    for config in model.rglob("config.json"):
        config.write_text('{"model_type": ')


def _of_no_commit(model: Path) -> None:
    (model / "refs" / "main").write_bytes(b"\x9c\xff")


@pytest.mark.parametrize("damage", [_without_weights, _without_end, _of_no_commit])
def test_a_damaged_cache_is_named(
    hub: list[str], cache: Path, monkeypatch: pytest.MonkeyPatch, damage: Callable[[Path], None]
) -> None:
    load_model("me/good")
    damage(cache / "models--me--good")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(
        ModelLoadError, match=r"in the local cache in part or damaged \(.*models--me--good\).*Remove that"
    ):
        load_model("me/good")
