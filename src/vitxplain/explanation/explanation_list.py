"""ExplanationList: the list that `explain` gives, which notebooks show as one picture."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vitxplain.errors import UsageError
from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.storage import is_file_name
from vitxplain.explanation.tables import to_pandas
from vitxplain.files.paths import user_path
from vitxplain.words import unique_stems


class ExplanationList(list[Any]):
    """A list of explanations, or of lists of those of each image."""

    def flat(self) -> Iterator[Explanation]:
        """All explanations, one after the other."""
        for item in self:
            if isinstance(item, list):
                yield from ExplanationList(item).flat()
            else:
                yield item

    def save(self, folder: str | Path, stem: str | None = None, *arguments: Any, **options: Any) -> list[Path]:
        """Write the files of each into `folder`, as `Explanation.save` does; all of them, in order.

        The arguments are those of `Explanation.save`. A second image of the same name is `cat-2`.

        Raises:
            UsageError: `folder` is the name of one file, and the list has several explanations.
            OutputError: the folder cannot be written or the disk is full.
        """
        made = list(self.flat())
        if len(made) > 1 and is_file_name(user_path(folder)):
            raise UsageError(f"{folder} is one file, and there are {len(made)} explanations; give a folder.")
        if len(made) == 1:
            return made[0].save(folder, stem, *arguments, **options)
        images = {id(explanation.image): stem or explanation.stem for explanation in made}
        stems = dict(zip(images, unique_stems(list(images.values())), strict=True))
        of_each = [one.save(folder, stems[id(one.image)], *arguments, **options) for one in made]
        return [path for paths in of_each for path in paths]

    def to_pandas(self) -> Any:
        """A pandas.DataFrame with a row for each: target, prediction, and where its heat is.

        Raises:
            UsageError: pandas is not installed.
        """
        return to_pandas(self.flat())

    def _repr_html_(self) -> str | None:
        from vitxplain.render.notebook import list_to_html

        return list_to_html(list(self.flat()))
