"""Lines on disk after a power cut or a kill: cut or filled with zeros at any byte, the whole ones are still read."""

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vitxplain.evaluation.scoring.lines import GrowingLines, read_lines

RECORDS = [{"name": f"image {number}", "value": number / 3} for number in range(6)]
WHOLE = "".join(json.dumps(record) + "\n" for record in RECORDS).encode()


def record(fields: Any) -> tuple[str, float]:
    return fields["name"], fields["value"]


EXPECTED = [record(fields) for fields in RECORDS]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, len(WHOLE)), zeros=st.integers(0, 300), ends=st.booleans())
def test_cut_at_any_byte_and_filled_with_zeros(tmp_path: Path, at: int, zeros: int, ends: bool) -> None:
    file = tmp_path / "lines.jsonl"
    file.write_bytes(WHOLE[:at] + bytes(zeros) + b"\n" * ends)
    values: list[tuple[str, float]] = []
    damaged = read_lines(file, record, values.append)
    kept = WHOLE[:at].count(b"\n") + (ends and WHOLE[at - 1 : at] == b"}")  # cut just before its end a line is whole
    assert values == EXPECTED[:kept]
    assert damaged <= 1
    with GrowingLines(file, "the lines") as lines:
        lines.add([json.dumps(record) for record in RECORDS[kept:]])
    again: list[tuple[str, float]] = []
    read_lines(file, record, again.append)
    assert again == EXPECTED


def test_lines_of_another_kind_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "lines.jsonl"
    file.write_bytes(b'[1]\n{"name": 3}\n\xff\n' + b"[" * 100_000 + b"\n" + WHOLE)
    values: list[tuple[str, float]] = []
    assert (read_lines(file, record, values.append), values) == (4, EXPECTED)
