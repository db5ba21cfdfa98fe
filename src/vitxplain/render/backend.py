"""Imported before matplotlib: the backend the environment names may be none it knows, as in what notebooks start."""

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
