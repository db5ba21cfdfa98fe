"""Metrics of other packages that cannot be made, fail or give what is no number."""

from pathlib import Path

import pytest

from tests.plugin_site import add_package
from vitxplain.errors import PluginError, UsageError
from vitxplain.metrics.build import build, check_name, usable
from vitxplain.metrics.plugin_failure import metric_errors, number

GOOD = '''
from dataclasses import dataclass
from vitxplain.metrics.base import Metric

@dataclass(frozen=True)
class Half(Metric):
    """A half."""

    better = "higher"

    def score(self, case):
        raise SystemExit("bye")
'''


@pytest.fixture
def site(plugins: Path) -> Path:
    add_package(plugins, "half-plugin", GOOD, {"half": "Half"}, kind="metrics")
    add_package(plugins, "none-plugin", "Half = dict", {"none": "Half"}, kind="metrics")
    add_package(plugins, "vague-plugin", GOOD.replace('"higher"', '"more"'), {"vague": "Half"}, kind="metrics")
    add_package(plugins, "leaving-plugin", "raise SystemExit", {"leaving": "Half"}, kind="metrics")
    return plugins


@pytest.mark.parametrize(
    ("name", "words"),
    [("none", "is no metric but"), ("vague", "says `better`, one of higher"), ("leaving", "cannot be loaded")],
)
def test_one_that_is_none_takes_no_other_with_it(site: Path, name: str, words: str):
    with pytest.raises(PluginError, match=words):
        build([name], {})
    check_name(name)  # it exists
    metrics, broken = usable([name, "entropy"])
    assert metrics == ["entropy"]
    assert words in str(broken[name])
    with pytest.raises(PluginError, match=words):
        usable([name])
    assert "entropy" in usable(["all"])[0]
    assert name in usable(["all"])[1]


def test_one_that_leaves_is_named(site: Path):
    metric = build(["half"], {})["half"]
    words = r"the metric 'half' of half-plugin 1\.0 failed: SystemExit: bye"
    with pytest.raises(PluginError, match=words), metric_errors(metric):
        metric.score(None)


def test_a_score_is_a_number():
    assert number(1) == 1.0
    for value in (float("inf"), -float("inf"), None, "much"):
        with pytest.raises((TypeError, ValueError)):
            number(value)
    with pytest.raises(UsageError):
        build([], {})
