"""ExplainBatches on Spark: equal maps from two executors, a worker of which is killed in the middle."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engines.dying import Dying
from tests.engines.same import check

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


def _columns(frame: Any) -> dict[str, list[Any]]:
    rows = [row.asDict(recursive=True) for row in frame.collect()]
    return {name: [row[name] for row in rows] for name in frame.columns}
