"""Our metrics beside those of other libraries, in an environment that has them; docs/checked-against-others.md."""

import json
from pathlib import Path

import pytest

from tests.crosschecks.comparison import Comparison
from tests.crosschecks.measure import EVERY, PAGE
from vitxplain import registry

pytestmark = pytest.mark.crosschecks


def stored() -> dict[str, dict]:
    rows = json.loads(Path(PAGE).read_text("utf-8"))["rows"]
    return {f"{row['metric']} | {row['library']} {row['theirs']} | {row['inputs']}": row for row in rows}


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.name)
def test_it_agrees_or_parts_as_the_page_says(one: Comparison):
    difference, row = one.difference(), stored()[one.name]
    assert one.holds(difference), f"{difference:.2g}"
    assert (row["same"], row["remark"]) == (one.same, one.remark)
    assert one.same or difference == pytest.approx(row["difference"], rel=0.1)


def test_every_metric_is_compared_where_definitions_meet_and_the_page_has_no_other_row():
    own = {name for name, point in registry.names("metrics").items() if point.module.startswith("vitxplain.")}
    assert {one.metric for one in EVERY if one.same} == own
    assert set(stored()) == {one.name for one in EVERY}
