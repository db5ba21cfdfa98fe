"""What an engine made, beside what is made without one."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd


def check(made: Mapping[str, Sequence[Any]], expected: Mapping[str, Sequence[Any]]) -> None:
    """The same rows, in whatever order: maps to what batches of other sizes change, nothing lost, nothing twice."""
    assert set(made) == set(expected)
    order = sorted(range(len(made["id"])), key=lambda row: (made["id"][row], made["method"][row]))
    usual = sorted(range(len(expected["id"])), key=lambda row: (expected["id"][row], expected["method"][row]))
    assert len(order) == len(usual)
    for row, other in zip(order, usual, strict=True):
        assert (made["id"][row], made["method"][row]) == (expected["id"][other], expected["method"][other])
        if expected["error"][other]:
            assert made["error"][row] == expected["error"][other]
            continue
        assert pd.isna(made["error"][row])
        assert made["prediction"][row] == expected["prediction"][other]
        assert list(made["shape"][row]) == list(expected["shape"][other])
        values = [np.asarray(columns["map"][at], np.float32) for columns, at in ((made, row), (expected, other))]
        np.testing.assert_allclose(values[0], values[1], rtol=0, atol=2e-3)
        assert made["peak"][row] == np.float32(expected["peak"][other]) or np.isclose(
            made["peak"][row], expected["peak"][other], rtol=1e-3
        )
        assert list(made["geometry"][row]["image_size"]) == list(expected["geometry"][other]["image_size"])
