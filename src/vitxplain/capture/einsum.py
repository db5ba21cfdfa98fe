"""Reading an einsum: which letters its operands' axes have, and which operand weighs the other."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

_BEHIND_ELLIPSIS = "αβγδεζηθ"


@dataclass(frozen=True, eq=False)
class Einsum:
    """One letter an axis; those an ellipsis stands for have Greek ones."""

    operands: tuple[Tensor, ...]
    terms: tuple[str, ...]
    out: str

    @classmethod
    def read(cls, args: Sequence[Any]) -> "Einsum | None":
        """From `einsum(equation, a, b)` or `einsum(equation, [a, b])`; None for what is not written with letters."""
        if not args or not isinstance(args[0], str):
            return None
        nested = len(args) == 2 and isinstance(args[1], (list, tuple))
        operands = tuple(args[1]) if nested else tuple(args[1:])
        left, arrow, out = re.sub(r"\s", "", args[0]).partition("->")
        terms = left.split(",")
        if len(terms) != len(operands) or not all(isinstance(operand, Tensor) for operand in operands):
            return None
        hidden = [operand.dim() - len(term.replace("...", "")) for term, operand in zip(terms, operands, strict=True)]
        most = max(count for term, count in zip(terms, hidden, strict=True) if "..." in term) if "..." in left else 0
        ellipsis = _BEHIND_ELLIPSIS[:most]  # axes behind it are matched from the right
        if not arrow:
            letters = re.sub(r"[.,]", "", left)
            out = "..." * bool(most) + "".join(sorted(one for one in set(letters) if letters.count(one) == 1))
        full = [term.replace("...", ellipsis[most - count :]) for term, count in zip(terms, hidden, strict=True)]
        return cls(operands, tuple(full), out.replace("...", ellipsis))

    def weighing_order(self, position: int, key_axis: int) -> tuple[int, ...] | None:
        """The permutation to (..., query, key) if the operand is summed with one other over its key axis, else None."""
        if len(self.terms) != 2:
            return None
        term, other = self.terms[position], self.terms[1 - position]
        key = term[key_axis]
        own = [axis for axis, letter in enumerate(term) if letter in self.out and letter not in other]
        if key in self.out or key not in other or not own:
            return None
        sizes = self.operands[position].shape
        query = max(own, key=lambda axis: (sizes[axis], axis))  # heads that share their values are fewer than queries
        rest = [axis for axis, letter in enumerate(term) if axis != query and letter != key]
        return (*rest, query, term.index(key))

    def axis_kept(self, source: Tensor, axis: int) -> int | None:
        """Where an axis of an operand (counted from the end) is in the result; None if it is summed over."""
        term = next(term for term, operand in zip(self.terms, self.operands, strict=True) if operand is source)
        letter = term[axis]
        return self.out.index(letter) - len(self.out) if letter in self.out else None
