"""Options of data sets on the command line: `-o data.key=value`."""

from collections.abc import Iterable

from vitxplain.errors import OptionError


def data_options(texts: Iterable[str]) -> dict[str, str]:
    """The options by their names without `data.`.

    Raises:
        OptionError: one is no option of the data.
    """
    options = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key.startswith("data."):
            raise OptionError(f"-o {text!r} is no option of the data; write -o data.key=value, such as -o data.seed=1.")
        options[key.removeprefix("data.").strip()] = value
    return options
