"""What the shell offers after Tab; no plugin is imported for it."""

from vitxplain.models.known_models import ALIASES
from vitxplain.render.draw import STYLES


def complete_methods(incomplete: str) -> list[str]:
    """Method names, also after a comma: `rollout,gr` offers `rollout,grad-cam`."""
    from vitxplain import registry

    before, comma, word = incomplete.rpartition(",")
    names = ["auto", *registry.names("explainers"), *registry.ALIASES["explainers"]]
    return [before + comma + name for name in names if name.startswith(word)]


def complete_method(incomplete: str) -> list[str]:
    """Names of methods, one at a time."""
    return [name for name in complete_methods(incomplete) if name != "auto"]


def complete_metric(incomplete: str) -> list[str]:
    """Names of metrics, one at a time."""
    from vitxplain import registry

    return [name for name in registry.names("metrics") if name.startswith(incomplete)]


def complete_styles(incomplete: str) -> list[tuple[str, str]]:
    """Styles of pictures, with what they show."""
    return [(name, shows) for name, shows in STYLES.items() if name.startswith(incomplete)]


def complete_models(incomplete: str) -> list[tuple[str, str]]:
    """Short names of models, with what they are."""
    return [(name, model.good_for) for name, model in ALIASES.items() if name.startswith(incomplete)]
