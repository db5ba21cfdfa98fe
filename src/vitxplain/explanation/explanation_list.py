"""ExplanationList: the list that `explain` gives, which notebooks show as one picture."""

from collections.abc import Iterator
from typing import Any

from vitxplain.explanation.explanation import Explanation


class ExplanationList(list[Any]):
    """A list of explanations, or of lists of those of each image."""

    def flat(self) -> Iterator[Explanation]:
        """All explanations, one after the other."""
        for item in self:
            if isinstance(item, list):
                yield from ExplanationList(item).flat()
            else:
                yield item

    def _repr_html_(self) -> str | None:
        from vitxplain.render.notebook import list_to_html

        return list_to_html(list(self.flat()))
