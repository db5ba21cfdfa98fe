"""ExplainBatches on Spark: equal maps from two executors, a worker of which is killed in the middle."""

import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.engines.dying import Dying
from tests.engines.same import check
from tests.scale.photos import photographs, small_model
from vitxplain import scale

# The engines' own warnings are theirs.
pytestmark = [
    pytest.mark.engines,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java (apt-get install default-jre-headless)"),
]

Arguments = tuple[tuple[Any, ...], dict[str, Any]]


@pytest.fixture
def spark(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """A session on two executors with a core each, which are processes of this machine."""
    from pyspark.sql import SparkSession

    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    monkeypatch.setenv("SPARK_WORKER_DIR", str(tmp_path / "work"))
    monkeypatch.setenv("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")  # starts in a third of the time
    session = (
        SparkSession.builder.master("local-cluster[2,1,1024]")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.warehouse.dir", str(tmp_path / "warehouse"))
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "2")
        .config("spark.sql.shuffle.partitions", "2")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("OFF")
    try:
        yield session
    finally:
        session.stop()


def test_spark(
    spark: Any, arguments: Arguments, columns: dict[str, list[Any]], expected: dict[str, Any], tmp_path: Path
):
    words, options = arguments
    explained = Dying(*words, died=str(tmp_path / "died"), **options)
    rows = list(zip(*columns.values(), strict=True))
    frame = spark.createDataFrame(rows, "id long, picture binary").repartition(2)
    schema = f"id long, {explained.ddl}"
    check(_columns(frame.mapInPandas(explained, schema)), expected)
    assert (tmp_path / "died").exists()
    frame.mapInArrow(explained, schema).write.parquet(str(tmp_path / "maps"))
    check(_columns(spark.read.parquet(str(tmp_path / "maps"))), expected)
    _shards(spark, tmp_path)


def _columns(frame: Any) -> dict[str, list[Any]]:
    rows = [row.asDict(recursive=True) for row in frame.collect()]
    return {name: [row[name] for row in rows] for name in frame.columns}


def _shards(spark: Any, folder: Path) -> None:
    """Spark knows no float16: it refuses `map` of our shards, which comes through Arrow; other columns it reads."""
    scale.explain_dataset(small_model(), photographs(folder / "photos", 4), folder / "shards", "grad-cam")
    shard = folder / "shards" / "grad-cam" / "00000.parquet"
    with pytest.raises(Exception, match="FLOAT16"):
        spark.read.parquet(str(shard))
    named = spark.read.schema("path string, score float, error string").parquet(str(shard))
    assert named.filter("error is null").count() == 4
    files = spark.createDataFrame([(str(shard),)], "name string")
    made = files.mapInArrow(_widened, "path string, map array<float>, peak float").filter("map is not null").collect()
    stored = {one.path: one.values for one in scale.maps(folder / "shards", "grad-cam")}
    assert {row.path for row in made} == set(stored)
    for row in made:
        np.testing.assert_allclose(np.asarray(row.map, np.float32) * row.peak, stored[row.path].ravel(), rtol=1e-6)


def _widened(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """As the docs show it."""
    for batch in batches:
        for name in batch["name"].to_pylist():
            table = pq.read_table(name)
            maps = table["map"].cast(pa.list_(pa.float32()))
            wide = pa.table({"path": table["path"], "map": maps, "peak": table["peak"]})
            yield from wide.to_batches()
