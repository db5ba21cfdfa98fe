"""What a method made of methods needs and is about: what its members do."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence

from vitxplain.plugins import Explainer, OptionError, build_explainers


class Needs:
    """`needs` of the members that an instance names, of a class those of its default ones."""

    def __get__(self, instance: "Combined | None", owner: "type[Combined]") -> frozenset[str]:
        return frozenset().union(*(one.needs for one in _of(instance, owner)))


class ClassSpecific:
    """`class_specific`: whether one of the members is, found as `Needs` are."""

    def __get__(self, instance: "Combined | None", owner: "type[Combined]") -> bool:
        return any(one.class_specific for one in _of(instance, owner))


class Combined(Explainer):
    """A method made of the maps of others, which are its members."""

    axes = "batch row column"
    # Not annotated, as dataclasses ask a class for what its annotations name before its options are there.
    needs = Needs()
    class_specific = ClassSpecific()

    @abstractmethod
    def parts(self) -> Mapping[str, Explainer]:
        """The members, by canonical name; errors as of `built`."""


def built(names: Sequence[str], combined: type[Combined], refused: str) -> Mapping[str, Explainer]:
    """Methods of these names with their default options.

    Raises:
        UnknownNameError, PluginError: there is no such method, or its package is broken.
        OptionError: one gives no map of the image, or is of the class that combines; `refused` says what it cannot.
    """
    members = build_explainers(names, {})
    for name, member in members.items():
        if isinstance(member, combined) or member.axes != combined.axes:
            nested = isinstance(member, combined)
            reason = "is one itself" if nested else f"gives {member.axes!r}, not one map an image"
            raise OptionError(f"{name} cannot be {refused}: it {reason}.")
    return members


def _of(instance: Combined | None, owner: type[Combined]) -> Sequence[Explainer]:
    return list((owner() if instance is None else instance).parts().values())
