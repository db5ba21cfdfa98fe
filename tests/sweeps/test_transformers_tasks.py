"""Every detector, segmenter and encoder of the installed transformers that can be built small, tiny and random.

What was found is the table of supported models: `python -m tests.sweeps.write_table transformers` writes it anew.
"""

import pytest

from tests.sweeps.table import read
from tests.sweeps.task_trials import check_maps, check_rows, facts
from tests.sweeps.transformers_tasks import NAMES, REFUSED, TRIED, refusal, task_trial

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("family", "name"), TRIED, ids=[name for _, name in TRIED])
def test_a_family_is_explained(family: str, name: str) -> None:
    tried = task_trial(family, name)
    check_maps(tried)
    check_rows(tried)
    assert tried.changed == []
    assert facts(tried.model) == read(f"transformers {family}")[name]


REFUSALS = [pair for pair in NAMES if pair[1] in REFUSED]


@pytest.mark.parametrize(("family", "name"), REFUSALS, ids=[name for _, name in REFUSALS])
def test_a_family_that_is_refused_says_why(family: str, name: str) -> None:
    assert REFUSED[name] in refusal(family, name)
    assert refusal(family, name) == read(f"transformers {family}")[name]["refused"]


def test_every_architecture_has_its_row() -> None:
    for family in ("detectors", "segmenters", "encoders"):
        assert set(read(f"transformers {family}")) == {name for of, name in NAMES if of == family}
