"""torchvision where its compiled operators do not load, as beside a CPU build of torch from another index.

Its Python part then fails on import, because it registers fake kernels for operators nobody declared. Declaring the
two schemas is enough for everything but box operations, which no image classifier needs.

Python runs a module of this name at start-up when its folder is on PYTHONPATH (conftest.py puts it there for the
processes tests start); conftest.py runs it for the tests themselves. Nothing heavy happens before torchvision is
imported, and nothing at all where its operators do load.
"""

import sys
from contextlib import suppress
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)


class DeclareOperators(MetaPathFinder):
    """Finds no module; acts once, just before torchvision is found by the others.

    It stays in `sys.meta_path`, because the declaration lasts only as long as its library object.
    """

    def __init__(self) -> None:
        self.done = False
        self.library: object = None

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name == "torchvision" and not self.done:
            self.done = True
            spec = PathFinder.find_spec(name)
            if spec is not None and not operators_known(Path(spec.origin).parent):
                self.library = declare()
        return None


def operators_known(folder: Path) -> bool:
    import torch

    with suppress(OSError):
        for library in folder.glob("_C*.so"):
            torch.ops.load_library(str(library))
    return hasattr(torch.ops.torchvision, "nms")


def declare() -> object:
    import torch

    library = torch.library.Library("torchvision", "DEF")
    for schema in SCHEMAS:
        library.define(schema)
    return library


sys.meta_path.insert(0, DeclareOperators())
