"""ExplainBatches on Ray Data: equal maps from two actors, one of which is killed in the middle and started again."""

from pathlib import Path
from typing import Any

import pytest

from tests.engines.dying import Dying
from tests.engines.same import check

# The engines' own warnings are theirs.
pytestmark = [pytest.mark.engines, pytest.mark.filterwarnings("ignore")]

Arguments = tuple[tuple[Any, ...], dict[str, Any]]


def test_ray(
    arguments: Arguments,
    columns: dict[str, list[Any]],
    expected: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    import ray

    words, options = arguments
    ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False, object_store_memory=200 * 2**20)
    try:
        rows = [{"id": number, "picture": file} for number, file in zip(*columns.values(), strict=True)]
        made = (
            ray.data.from_items(rows, override_num_blocks=6)
            .map_batches(
                Dying,
                fn_constructor_args=words,
                fn_constructor_kwargs={**options, "died": str(tmp_path / "died")},
                batch_size=2,
                compute=ray.data.ActorPoolStrategy(size=2),
            )
            .take_all()
        )
    finally:
        ray.shutdown()
    assert (tmp_path / "died").exists()
    check({name: [row[name] for row in made] for name in made[0]}, expected)
