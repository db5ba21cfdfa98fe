"""A command whose options of the training are given with -o, and who types --epochs is told so."""

from typing import Any

from typer.core import TyperCommand


class TrainingCommand(TyperCommand):
    """Adds to "No such option: --epochs" how it is typed."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        typed = list(args)
        try:
            return super().parse_args(ctx, args)
        except Exception as error:
            known: Any = error  # typer has no public name for this kind
            if type(error).__name__ == "NoSuchOption" and (way := _way(known.option_name, typed)):
                known.message = f"{known.message}. It is an option of the training; write {way}"
                known.possibilities = None  # others of similar letters
            raise


def _way(name: str, typed: list[str]) -> str | None:
    from vitxplain.train.config.synonyms import option_hint

    place = next((index for index, one in enumerate(typed) if one.partition("=")[0] == name), None)
    if place is None:
        return None
    _, equals, value = typed[place].partition("=")
    behind = typed[place + 1] if place + 1 < len(typed) else ""
    return option_hint(name, value if equals else "" if behind.startswith("-") else behind)
