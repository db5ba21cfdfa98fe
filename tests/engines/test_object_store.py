"""Maps in an object store on this machine: written, killed, resumed, read."""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.scale.photos import METHODS, contents, photographs, small_model
from vitxplain import scale
from vitxplain.errors import OutputError, UsageError
from vitxplain.scale import plan, stores

pytestmark = [pytest.mark.engines, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """The address of an empty bucket."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "me")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        boto3.client("s3").create_bucket(Bucket="photos")
        yield "s3://photos"
    server.stop()


def _apart(images: str, out: str, kill_at: int, puts: Any) -> None:
    """A run that is killed when it puts its `kill_at`th file."""
    import s3fs
    import torch

    torch.set_num_threads(1)
    plan.IMAGES_OF_A_SHARD = 4
    plain = s3fs.S3FileSystem.pipe_file

    def counted(self: Any, *arguments: Any, **options: Any) -> Any:
        puts.value += 1
        if puts.value == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return plain(self, *arguments, **options)

    s3fs.S3FileSystem.pipe_file = counted
    scale.explain_dataset(small_model(), images, out, METHODS, batch_size=2)


def everything(address: str) -> dict[str, bytes]:
    store = stores.ObjectStore(address)
    return {name: store.read(name) for name in store.names()}


def test_killed_resumed_and_the_same_as_on_a_disk(bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(plan, "IMAGES_OF_A_SHARD", 4)
    photos = photographs(tmp_path / "photos", 9)
    images = stores.ObjectStore(f"{bucket}/in")
    images.write(contents(photos))
    listed = [f"{bucket}/in/{name}" for name in sorted(contents(photos))]
    processes = multiprocessing.get_context("spawn")
    for kill_at in (3, 6):  # within the first shard, and, that one done again, within the second
        puts = processes.Value("i", 0)
        process = processes.Process(target=_apart, args=(f"{bucket}/in", f"{bucket}/maps", kill_at, puts))
        process.start()
        process.join(200)
        assert process.exitcode == -signal.SIGKILL
    kept = [name for name in everything(f"{bucket}/maps") if name.startswith("manifest/0")]
    summary = scale.explain_dataset(small_model(), f"{bucket}/in", f"{bucket}/maps", METHODS, batch_size=2)
    assert (summary.shards, summary.made) == (3, 3 - len(kept))
    assert len(kept) >= 1
    assert list(summary.failed) == [f"{bucket}/in/damaged.png"]
    scale.explain_dataset(small_model(), listed, tmp_path / "maps", METHODS, batch_size=2)
    written, here = everything(f"{bucket}/maps"), contents(tmp_path / "maps")
    assert written.keys() == here.keys()
    stored, usual = (list(scale.maps(folder, "grad-cam")) for folder in (f"{bucket}/maps", tmp_path / "maps"))
    assert [one.path for one in stored] == [path for path in listed if "damaged" not in path]
    for one, other in zip(stored, usual, strict=True):
        np.testing.assert_allclose(one.values, other.values, rtol=0, atol=1e-3 * float(np.abs(other.values).max()))
    assert scale.explain_dataset(small_model(), f"{bucket}/in", f"{bucket}/maps", METHODS, batch_size=2).made == 0


def test_what_cannot_be_reached_is_said(bucket: str, tmp_path: Path):
    with pytest.raises(OutputError, match="s3://nowhere/maps could not be listed|written"):
        scale.explain_dataset(small_model(), photographs(tmp_path / "photos", 1), "s3://nowhere/maps", METHODS)
    with pytest.raises(UsageError, match="holds no maps of a run"):
        scale.maps(f"{bucket}/nothing")
    with pytest.raises(UsageError, match="holds no images"):
        scale.explain_dataset(small_model(), f"{bucket}/nothing", tmp_path / "maps", METHODS)
