"""ExplainBatches on Dask: equal maps from two workers, one of which is killed in the middle."""

from pathlib import Path
from typing import Any

import pytest

from tests.engines.dying import Dying
from tests.engines.same import check

# The engines' own warnings are theirs.
pytestmark = [pytest.mark.engines, pytest.mark.filterwarnings("ignore")]

Arguments = tuple[tuple[Any, ...], dict[str, Any]]


def test_dask(arguments: Arguments, columns: dict[str, list[Any]], expected: dict[str, Any], tmp_path: Path):
    import dask
    import dask.dataframe
    import pandas as pd
    from distributed import Client, LocalCluster

    words, options = arguments
    explained = Dying(*words, died=str(tmp_path / "died"), **options)
    frame = pd.DataFrame(columns)
    plain = dask.config.set({"dataframe.convert-string": False})  # which takes bytes for text
    with plain, LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster):
        parts = dask.dataframe.from_pandas(frame, npartitions=6)
        made = parts.map_partitions(explained, meta=explained(frame.head(0))).compute()
    assert (tmp_path / "died").exists()
    check(made.to_dict("list"), expected)
