"""Everything that can go wrong, as one tree.

    VitxplainError
    ├── UsageError              the call itself is wrong: nothing was attempted
    │   ├── UnknownNameError    no such method, adapter, metric, model name or class
    │   ├── OptionError         an option no method has, or a value it cannot take
    │   └── TargetError         a target the model does not have
    ├── ModelLoadError          no model could be made of the source, or the model fails by itself
    ├── DataError               the data set cannot be used as it is
    ├── ImageError              the input is no readable image
    ├── UnsupportedModelError   the method needs something this model does not have
    ├── CaptureError            attention ran in a way that cannot be seen
    ├── TrainError              training cannot go on
    ├── PluginError             an installed plugin is broken, or two claim one name
    └── OutputError             the result could not be written

Every message says what happened, what was expected and what to do, in the user's own words.
"""

import errno
import re
from itertools import accumulate


class VitxplainError(Exception):
    """Base of all errors a user may meet."""


class UsageError(VitxplainError):
    """The call itself is wrong; nothing was attempted."""


class UnknownNameError(UsageError):
    """A name nobody registered; the message carries the nearest known ones."""


class OptionError(UsageError):
    """An option no named method has, or a value it cannot take."""


class TargetError(UsageError):
    """A target (class index or name) the model does not have."""


class ModelLoadError(VitxplainError):
    """No model could be made of the source string, folder or module, or the module fails on its input."""


class DataError(VitxplainError):
    """A data set that cannot be used as it is: no images, one class only, masks that do not fit, unknown labels."""


class ImageError(VitxplainError):
    """The input is not an image that can be read."""


class UnsupportedModelError(VitxplainError):
    """A method needs something the model does not offer."""


class CaptureError(VitxplainError):
    """Attention ran in a way that cannot be watched; the message names what was met."""


class TrainError(VitxplainError):
    """Training cannot go on: its loss is no number any more."""


class PluginError(VitxplainError):
    """An installed plugin cannot be loaded or fails while it runs, or two packages offer one name."""


class OutputError(VitxplainError):
    """A result could not be written; nothing half-written is left behind."""


def describe(error: Exception) -> str:
    """The message of one of our errors; others are named by their kind."""
    if isinstance(error, VitxplainError):
        return str(error)
    if memory_is_full(error):
        return "the memory is full. Try --batch-size 1, --dtype bfloat16, a smaller --image-size or --device cpu."
    return f"{type(error).__name__}: {str(error).strip() or 'no message'}"


def reason(error: Exception, longest: int = 300) -> str:
    """What another library says, for parentheses: its first whole sentences, or the error's kind where none is short.

    Args:
        error: of torch, transformers or whatever a user's model calls.
        longest: so many characters at most; a sentence cut in two may say the contrary.
    """
    lines = (" ".join(line.split()) for line in str(error).splitlines())
    sentences = [sentence for line in lines for sentence in re.split(r"(?<=[.!?])\s+(?=[^\sa-z])", line) if sentence]
    whole = accumulate(sentences, lambda before, sentence: f"{before} {sentence}")
    short = [text for text in whole if len(text) <= longest]
    return short[-1].rstrip(".:") if short else type(error).__name__


def memory_is_full(error: Exception) -> bool:
    """Of the machine or of its GPU; where torch has no room, its error is of no kind of its own."""
    words = ("not enough memory", "can't allocate memory", "out of memory")
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or (isinstance(error, RuntimeError) and any(text in str(error) for text in words))
        or (isinstance(error, OSError) and error.errno == errno.ENOMEM)
    )
