"""Names come from entry points; nothing that one package does breaks another."""

import sys
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import pytest

from tests.plugin_site import GOOD, add_package
from vitxplain import registry
from vitxplain.errors import PluginError, UnknownNameError
from vitxplain.explainers.attention_rollout import AttentionRollout
from vitxplain.explainers.grad_cam import GradCAM
from vitxplain.explainers.passes.choose import load_explainer

BROKEN = {
    "raising": r"raising-plugin 1\.0 cannot be loaded: RuntimeError: no licence file",
    "exiting": r"exiting-plugin 1\.0 cannot be loaded: SystemExit: sorry",
    "missing": r"missing-plugin 1\.0 cannot be loaded: ModuleNotFoundError: No module named 'a_library_nobody_has'",
    "empty": r"empty-plugin 1\.0 cannot be loaded: AttributeError",
    "other": r"other-plugin 1\.0 is no method but <class 'dict'>",
}


def test_built_in_methods_are_registered_and_load():
    own = [name for name, point in registry.names("explainers").items() if point.module.startswith("vitxplain.")]
    assert own == [
        "affinity-attention",
        "attention-rollout",
        "cam",
        "cross-attention",
        "d-rise",
        "grad-cam",
        "gradient-activation",
        "gradient-attention",
        "gradient-cross-attention",
        "gradient-rollout",
        "head-distance",
        "patch-pca",
        "patch-similarity",
        "position-similarity",
        "raw-attention",
        "sampling-points",
    ]
    assert registry.load("explainers", "attention-rollout") is AttentionRollout
    for name in own:
        assert registry.name_of("explainers", registry.load("explainers", name)) == name


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("grad-cam", "grad-cam"),
        ("gradcam", "grad-cam"),
        ("GradCAM", "grad-cam"),
        ("Attention_Rollout", "attention-rollout"),
        ("AttentionRollout", "attention-rollout"),
        *registry.ALIASES["explainers"].items(),
    ],
)
def test_names_as_people_write_them(given: str, meant: str):
    assert registry.canonical("explainers", given) == meant


@pytest.mark.parametrize(
    ("wrong", "near"), [("rolout", "attention-rollout"), ("grad-camm", "grad-cam"), ("raw_atention", "raw-attention")]
)
def test_unknown_name_says_the_nearest_and_how_to_list(wrong: str, near: str):
    with pytest.raises(UnknownNameError, match=rf"no method is called '.*'\. Did you mean .*{near}.*vitx methods"):
        registry.load("explainers", wrong)


def test_unknown_name_like_no_other_lists_all():
    with pytest.raises(UnknownNameError, match=r"Known: .*cam.*raw-attention"):
        registry.canonical("explainers", "zzzzz")


def test_a_metric_is_called_one_in_messages():
    with pytest.raises(UnknownNameError, match=r"no metric is called 'inserton'\. Did you mean insertion.*\?$"):
        registry.load("metrics", "inserton")


def test_plugins_appear_as_soon_as_they_are_installed(plugins: Path):
    assert registry.load("explainers", "brightness")().gain == 1.0
    point = registry.names("explainers")["brightness"]
    assert registry.package(point) == "good-plugin 1.0"
    assert registry.name_of("explainers", registry.load("explainers", "brightness")) == "brightness"


def test_listing_imports_no_plugin(plugins: Path):
    summaries = {name: registry.summary(point) for name, point in registry.names("explainers").items()}
    assert summaries["brightness"] == "How bright each pixel is (nobody 2020)"
    assert summaries["empty"] == "Summary of empty-plugin"
    assert summaries["attention-rollout"].startswith("How attention carries")
    assert not {"raising_plugin", "exiting_plugin", "missing_plugin", "empty_plugin"} & sys.modules.keys()


@pytest.mark.parametrize("name", BROKEN)
def test_broken_plugin_is_named_with_its_cause(plugins: Path, name: str):
    with pytest.raises(PluginError, match=BROKEN[name]):
        load_explainer(name)


def test_broken_plugins_break_no_other(plugins: Path):
    for name in BROKEN:
        with pytest.raises(PluginError):
            load_explainer(name)
    assert registry.load("explainers", "brightness").__name__ == "Brightness"
    assert registry.load("explainers", "grad-cam") is GradCAM


def test_two_packages_that_offer_one_name(plugins: Path):
    add_package(plugins, "rival-plugin", GOOD, {"brightness": "Brightness", "rival": "Brightness"})
    assert "brightness" in registry.names("explainers")  # listing shows it; only its use fails
    with pytest.raises(PluginError, match=r"two packages offer the method 'brightness': .*good-plugin 1\.0") as caught:
        registry.load("explainers", "brightness")
    assert "rival-plugin 1.0" in str(caught.value)
    assert registry.load("explainers", "rival").__module__ == "rival_plugin"


@pytest.mark.parametrize(("taken", "ours"), [("rollout", "attention-rollout"), ("gradcam", "grad-cam"), ("CAM", "cam")])
def test_a_plugin_named_like_one_of_ours_is_refused(plugins: Path, taken: str, ours: str):
    add_package(plugins, "shadow-plugin", GOOD, {taken: "Brightness"})
    with pytest.raises(PluginError, match=rf"'{taken}' of shadow-plugin 1\.0 is named like the built-in '{ours}'"):
        registry.load("explainers", taken)
    for spelling in (ours, ours.replace("-", "_").title()):
        assert registry.canonical("explainers", spelling) == ours
    assert registry.load("explainers", ours).__module__.startswith("vitxplain.")


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ('class A:\n    """First line.\n\n    More."""', "A", "First line"),
        ("class A: pass", "A", "Summary of a-plugin"),
        ("from somewhere import A", "A", "Summary of a-plugin"),
        ("this is no Python", "A", "Summary of a-plugin"),
    ],
)
def test_summary_never_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, target: str, expected: str):
    add_package(tmp_path / "place", "a-plugin", source, {"a": target})
    monkeypatch.syspath_prepend(str(tmp_path / "place"))
    assert registry.summary(registry.names("explainers")["a"]) == expected


def test_unregistered_class_gets_a_name_in_our_spelling():
    class MyOwnCAM(GradCAM):
        pass

    assert registry.name_of("explainers", MyOwnCAM) == "my-own-cam"


def test_entry_points_of_the_backport_are_taken_as_those_of_the_library(monkeypatch: pytest.MonkeyPatch):
    class Foreign:  # what importlib_metadata puts in place of the library's finder gives, once anything imported it
        def __init__(self, point: EntryPoint) -> None:
            self.name, self.value, self.group, self.dist = point.name, point.value, point.group, point.dist

    own = registry.offered("explainers")
    given = entry_points
    monkeypatch.setattr(registry, "entry_points", lambda **which: [Foreign(point) for point in given(**which)])
    registry._scan.cache_clear()
    try:
        foreign = registry.offered("explainers")
        assert foreign == own
        point = foreign["grad-cam"][0]
        assert isinstance(point, EntryPoint)
        assert point.load() is GradCAM
        assert registry.package(point) == registry.package(own["grad-cam"][0])
    finally:
        registry._scan.cache_clear()
