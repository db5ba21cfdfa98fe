"""Lines by keys: their order, half characters in names, what a full disk says, and that no score stays in memory."""

import gc

import pytest

from vitxplain import evaluate
from vitxplain.errors import OutputError
from vitxplain.evaluation.kept_lines import KeptLines
from vitxplain.evaluation.scoring.map_scores import MapScores


def test_lines_come_in_the_order_of_their_names_or_in_that_of_coming():
    lines: KeptLines[tuple[str, str]] = KeptLines(2)
    names = ["b", "\udce9", "\U0001f600", "a"]  # the second is half a character, as names of files hold them
    for name in names:
        lines.put(("cam", name), "earlier")
        lines.put(("cam", name), f"line {name!r}")
    lines.put(("other", "a"), "of another")
    assert list(lines.lines(["cam"])) == [f"line {name!r}" for name in sorted(names)]
    assert list(lines.lines()) == [*(f"line {name!r}" for name in names), "of another"]
    assert (lines.get(("cam", "c")), lines["other", "a"], len(lines)) == (None, "of another", 5)
    values = lines.parts([["other"], ["cam"]], len)
    assert (len(values), next(iter(values)), 10 in values) == (5, 10, True)


def test_a_full_disk_says_what_to_do():
    lines: KeptLines[tuple[str]] = KeptLines(1)
    lines._database.execute("PRAGMA max_page_count = 4").fetchall()
    with pytest.raises(OutputError, match=r"temporary files: .*full\. Make room there, or name another"):
        lines.put(("a",), "x" * 100_000)


def test_scores_are_not_in_memory_while_images_come():
    alive: list[int] = []

    def count(_: int) -> None:
        alive.append(sum(type(one) is MapScores for one in gc.get_objects()))

    found = evaluate("demo-cnn", "digits", "grad-cam", "entropy", limit=3, batch_size=1, progress=count)
    assert alive == [0, 0, 0]
    assert (len(found.map_scores), {line.method for line in found.map_scores}) == (15, {row.method for row in found})
