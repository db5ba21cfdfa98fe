"""8 bits of the square root: what comes back is near what went in, whatever it was."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from vitxplain.inspect.quantiser import dequantised, quantised

ROWS = arrays.arrays(
    np.float32,
    arrays.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=6),
    elements=st.floats(0, 1, width=32, allow_subnormal=False),
)


@given(ROWS)
@settings(max_examples=60, deadline=None)
def test_a_value_comes_back_within_half_a_step(values):
    levels, peaks = quantised(values)
    again = dequantised(levels, peaks)
    peak = peaks[..., None].astype(np.float64)
    # Half a step of the root r is 1 / 510 of the peak's; of the square it is 2 r / 510 + 1 / 510 ** 2.
    root = np.sqrt(np.divide(values, peak, out=np.zeros_like(peak + values), where=peak > 0))
    assert (np.abs(again - values) <= peak * (2 * root / 510 + 1 / 510**2) * 1.001 + 1e-30).all()
    assert levels.shape == values.shape
    assert levels.dtype == np.uint8


@given(ROWS)
@settings(max_examples=40, deadline=None)
def test_the_peak_is_exact_and_order_is_kept(values):
    levels, peaks = quantised(values)
    assert (dequantised(levels, peaks).max(-1) == values.max(-1)).all()
    order = np.argsort(values, -1, kind="stable")
    assert (np.diff(np.take_along_axis(levels, order, -1).astype(int), axis=-1) >= 0).all()


def test_rows_of_zeros_stay_zeros():
    levels, peaks = quantised(np.zeros((2, 3), np.float32))
    assert not levels.any()
    assert not peaks.any()
    assert not dequantised(levels, peaks).any()
