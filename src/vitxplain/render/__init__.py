"""From axes to a picture: matplotlib figures made without pyplot, which belong to their caller alone."""

import os
import sys
from contextlib import suppress

_BACKEND = os.environ.get("MPLBACKEND", "")
if _BACKEND.lower() not in ("", "agg") and "matplotlib" not in sys.modules:
    # A name that matplotlib does not know would break its import, and no window is opened here.
    del os.environ["MPLBACKEND"]
    import matplotlib

    os.environ["MPLBACKEND"] = _BACKEND
    with suppress(ValueError):
        matplotlib.rcParams["backend"] = _BACKEND
