"""A Hub on the loopback interface and then none, as a fresh interpreter meets them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from datasets import ClassLabel, Dataset, Features
from datasets import Image as Images

from tests.data.data_hub import COMMIT, data_hub
from tests.data.stored import picture

PROGRAM = """
import json, sys, time
from vitxplain.data.load import load_data
from vitxplain.errors import VitxplainError

for source, options in json.loads(sys.argv[1]):
    started = time.monotonic()
    try:
        data = load_data(source, "test", options=options)
        said = [type(data).__name__, len(data), data.labels, data[1].label, " ".join(data.notes)]
    except VitxplainError as error:
        said = [type(error).__name__, str(error)]
    print(json.dumps([*said, time.monotonic() - started]))
"""


def _asked(endpoint: str, cache: Path, *sources: tuple[str, dict]) -> list[list]:
    environment = {**os.environ, "HF_ENDPOINT": endpoint, "HF_HOME": str(cache), "HF_HUB_OFFLINE": "0"}
    command = [sys.executable, "-c", PROGRAM, json.dumps(sources)]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=200)
    return [json.loads(line) for line in run.stdout.splitlines()]


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    rows = {"image": [picture(index) for index in range(6)], "label": [0, 1] * 3}
    kinds = Features({"image": Images(), "label": ClassLabel(names=["cat", "dog"])})
    (tmp_path / "pets").mkdir()
    Dataset.from_dict(rows, features=kinds).to_parquet(tmp_path / "pets" / "test.parquet")
    return tmp_path / "pets"


@pytest.mark.slow
def test_a_data_set_of_the_hub_then_the_same_from_the_cache(pets: Path, tmp_path: Path):
    with data_hub({"me/pets": pets}) as (endpoint, requests):
        stored, streamed, missing, revision = _asked(
            endpoint,
            tmp_path / "cache",
            ("me/pets", {}),
            ("me/pets", {"streaming": "yes", "count": "4"}),
            ("me/petz", {}),
            ("me/pets", {"revision": "v9"}),
        )
    assert stored[:5] == ["HubImages", 6, ["cat", "dog"], 1, ""]
    assert streamed[:4] == ["StreamedImages", 4, ["cat", "dog"], 1]
    assert missing[0] == revision[0] == "DataError"
    assert "the Hub has no data set 'me/petz' that you may read" in missing[1]
    assert "me/pets has no revision 'v9'" in revision[1]
    assert f"GET /datasets/me/pets/resolve/{COMMIT}/test.parquet" in requests  # pinned

    cached, unknown = _asked(endpoint, tmp_path / "cache", ("me/pets", {}), ("me/other", {}))
    assert cached[:4] == stored[:4]
    assert "the Hub did not answer; the copy of me/pets in the cache is used" in cached[4]
    assert "the Hub could not be reached" in unknown[1]
    assert unknown[2] < 8
