"""`python -m tests.sweeps.write_table transformers`: the table of supported models anew, then its page of the docs.

Needs timm and torchvision (the extra `peers`), whichever library's rows are written.
"""

import runpy
import sys
from importlib import import_module
from importlib.metadata import version

from tests.sweeps.table import PATH, write

FAMILIES = {  # beside classifiers
    "transformers": ("detectors", "segmenters", "encoders"),
    "torchvision": ("detectors", "segmenters"),
}

if __name__ == "__main__":
    runpy.run_path(str(PATH.parents[1] / "tests" / "peers_site" / "sitecustomize.py"))
    for library in sys.argv[1:]:
        write(library, version(library), import_module(f"tests.sweeps.{library}_models").rows())
        for family in FAMILIES.get(library, ()):
            rows = import_module(f"tests.sweeps.{library}_tasks").rows(family)
            write(f"{library} {family}", version(library), rows)
    runpy.run_path(str(PATH.parent / "supported_models.py"), run_name="__main__")
