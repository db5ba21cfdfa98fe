"""The run-time checker behind every annotation of the package while tests run (conftest.py installs it)."""

from beartype import BeartypeConf, FrozenDict, beartype
from torch import SymInt

# An int is a float, as for static checkers; while a graph is traced for export, sizes are symbols.
check = beartype(conf=BeartypeConf(is_pep484_tower=True, hint_overrides=FrozenDict({int: int | SymInt})))
