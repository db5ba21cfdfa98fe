"""ExplanationList: the list that `explain` gives, which notebooks show as one picture."""

from collections.abc import Iterator
from typing import Any

from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.tables import to_pandas


class ExplanationList(list[Any]):
    """A list of explanations, or of lists of those of each image."""

    def flat(self) -> Iterator[Explanation]:
        """All explanations, one after the other."""
        for item in self:
            if isinstance(item, list):
                yield from ExplanationList(item).flat()
            else:
                yield item

    def to_pandas(self) -> Any:
        """A pandas.DataFrame with a row for each: target, prediction, and where its heat is.

        Raises:
            UsageError: pandas is not installed.
        """
        return to_pandas(self.flat())

    def _repr_html_(self) -> str | None:
        from vitxplain.render.notebook import list_to_html

        return list_to_html(list(self.flat()))
