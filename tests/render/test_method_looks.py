"""Every method has a look of its own, and keeps it."""

from importlib.metadata import entry_points

from vitxplain.metrics.controls import CONTROLS
from vitxplain.render import method_looks
from vitxplain.render.method_looks import COLOURS, METHODS, OF_PLUGINS, MethodLook, method_look


def test_every_method_and_control_of_the_package_has_one_of_its_own() -> None:
    points = entry_points(group="vitxplain.explainers")
    assert {one.name for one in points if one.value.startswith("vitxplain.explainers.")} == METHODS.keys()
    assert len({method_look(name) for name in METHODS}) == len(METHODS)
    assert method_looks.CONTROLS.keys() == CONTROLS.keys()


def test_others_go_by_their_name_and_look_like_none_of_them() -> None:
    assert method_look("their-cam") == MethodLook("#D55E00", (4, 1.2, 1.2, 1.2, 1.2, 1.2), 2.0)  # for ever
    looks = {method_look(f"plugin-{number}\udcff") for number in range(200)}
    assert len(looks) == len(COLOURS) * len(OF_PLUGINS)
    assert not looks & {method_look(name) for name in METHODS}
