"""TrainingCommand: says how an option of the training is typed to those who write --epochs."""

from typing import Any

from typer.core import TyperCommand


class TrainingCommand(TyperCommand):
    """Adds to "No such option: --epochs" how it is typed."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        typed = list(args)
        try:
            return super().parse_args(ctx, args)
        except Exception as error:
            no_such_option: Any = error  # typer has no public name for this kind
            if type(error).__name__ == "NoSuchOption" and (correct := _correct(no_such_option.option_name, typed)):
                no_such_option.message = f"{no_such_option.message}. It is an option of the training; write {correct}"
                no_such_option.possibilities = None  # others of similar letters
            raise


def _correct(name: str, typed: list[str]) -> str | None:
    """How the option is typed, with the value that stands behind its name."""
    from vitxplain.train.config.synonyms import option_hint

    index = next((index for index, word in enumerate(typed) if word.partition("=")[0] == name), None)
    if index is None:
        return None
    _, equals, value = typed[index].partition("=")
    behind = typed[index + 1] if index + 1 < len(typed) else ""
    return option_hint(name, value if equals else "" if behind.startswith("-") else behind)
