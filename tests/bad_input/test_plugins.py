"""Plugins that fail, leave, print or give nonsense: they are named, and the others go on."""

import json
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tests.bad_input.conftest import Vitx
from tests.cli.conftest import Said
from tests.plugin_site import add_package

BODIES = {
    "sys.exit(7)": "SystemExit: 7",
    "raise BaseException('bad day')": "BaseException: bad day",
    "input('Continue? ')": "EOFError",
    "return None": "it gave a NoneType, not a tensor",
    "return result * float('nan')": "it gave values that are no numbers",
    "return result * 1j": "it gave a tensor of torch.complex64",
    "return result.to_sparse()": "torch.sparse_coo",
    "return result.mean(-1)": "it gave the shape (1, 32) for 1 image, not 'batch row column'",
    "return result[:, :0]": "it gave the shape (1, 0, 32) for 1 image",
}
SOURCE = '''
import sys, torch
from dataclasses import dataclass
from vitxplain.explainers.base import Explainer

@dataclass(frozen=True)
class Odd(Explainer):
    """Goes wrong."""

    needs = frozenset()
    axes = "batch row column"
    class_specific = False

    def explain(self, model, pixel_values, target=None):
        result = pixel_values.mean(1)
        {body}
'''


@pytest.fixture
def odd(plugins: Path, vitx: Vitx, place: Path, vit_folder: Path) -> Callable[..., Said]:
    """`odd(body)`: what `vitx explain` says of a plugin with this body beside rollout."""

    def run(body: str = "return result", source: str = SOURCE) -> Said:
        add_package(plugins, "odd-plugin", source.replace("{body}", body), {"odd": "Odd"})
        methods = ("--method", "odd,rollout", "--format", "npz,json", "--json")
        return vitx("explain", "good.png", "--model", vit_folder, *methods)

    return run


@pytest.mark.parametrize(("body", "words"), BODIES.items())
def test_it_is_named_and_the_others_go_on(odd, body: str, words: str):
    said = odd(body)
    assert said.code == 1, said
    assert "the method 'odd' of odd-plugin 1.0 failed: " in said.err
    assert words in said.err
    assert "should not happen" not in said.err
    outcomes = {line["method"]: "error" in line for line in map(json.loads, said.out.splitlines())}
    assert outcomes == {"odd": True, "attention-rollout": False}
    assert Path("vitx-out/good.attention-rollout.npz").is_file()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("needs =", "raise RuntimeError('no licence'); needs ="), "cannot be loaded: RuntimeError: no licence"),
        (('axes = "batch row column"', "axes = 3"), "says axes = 3"),
        (('axes = "batch row column"', 'axes = "row column"'), "says axes = 'row column'"),
        (("needs = frozenset()", "needs = 'attentions'"), "says needs = 'attentions'"),
        (("class_specific = False", "pass"), "says class_specific = None"),
        (("needs = frozenset()", "needs = frozenset({'telepathy'})"), "'telepathy' is no word of needs"),
        (("def explain", "def __post_init__(self): sys.exit('no')\n    def explain"), "failed: SystemExit: no"),
        (("def explain", "__hash__ = None\n    def explain"), "failed: TypeError: unhashable"),
    ],
)
def test_one_that_cannot_be_made_takes_no_other_with_it(odd, change: tuple[str, str], words: str):
    said = odd(source=SOURCE.replace(*change))
    assert said.code == 1, said
    assert words in said.err
    assert "should not happen" not in said.err
    assert [line["method"] for line in said.json if "error" not in line] == ["attention-rollout"]


def test_alone_it_ends_the_command_in_words(plugins: Path, vitx: Vitx, place: Path, vit_folder: Path):
    said = vitx("explain", "good.png", "--model", vit_folder, "--method", "exiting,raising")
    assert said.code == 2
    assert "exiting-plugin 1.0 cannot be loaded: SystemExit: sorry" in said.err


def _process() -> tuple[object, ...]:
    return Path.cwd(), sys.stdout, torch.get_default_dtype(), torch.get_num_threads(), list(warnings.filters)


def test_what_it_changes_of_the_process_is_put_back(odd):
    body = """
        import os, warnings
        os.chdir("/")
        sys.stdout = sys.stderr = None
        torch.set_default_dtype(torch.float64)
        torch.set_num_threads(torch.get_num_threads() + 1)
        warnings.simplefilter("error")
        return result"""
    before = _process()
    said = odd(body)
    assert _process() == before
    assert said.code == 0, said
    assert Path("vitx-out/good.odd.npz").is_file()


def test_what_it_prints_is_no_result(odd):
    said = odd("print('hello'); sys.stdout.write('you'); return result")
    assert [line["method"] for line in said.json] == ["odd", "attention-rollout"]
    assert "hello\nyou" in said.err


@pytest.mark.slow
def test_nor_what_its_libraries_and_children_print(plugins: Path, place: Path, vit_folder: Path):
    body = """
        import logging, os, subprocess
        os.write(1, b"by number ")
        subprocess.run(["echo", "by a child"])
        logging.basicConfig(stream=sys.stdout, force=True)
        logging.warning("by logging")
        return result"""
    add_package(plugins, "odd-plugin", SOURCE.replace("{body}", body), {"odd": "Odd"})
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(plugins), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-m", "vitxplain", "explain", "good.png", "--model", vit_folder, "--method", "odd"]
    said = subprocess.run([*command, "--json"], env=environment, capture_output=True, text=True, check=True)
    assert [json.loads(line)["method"] for line in said.stdout.splitlines()] == ["odd"]
    for words in ("by number", "by a child", "by logging"):
        assert words in said.stderr


@pytest.mark.slow
def test_a_metric_that_cannot_be_loaded_is_a_failure_where_it_was_named(
    plugins: Path, vitx: Vitx, place: Path, vit_folder: Path
):
    add_package(plugins, "leaving-plugin", "print('hello'); raise SystemExit", {"leaving": "Half"}, kind="metrics")
    for name in ("a", "b"):
        Path("data", name).mkdir(parents=True)
        shutil.copy("good.png", f"data/{name}/x.png")
    command = (
        "evaluate",
        "--model",
        vit_folder,
        "--data",
        "data",
        "--split",
        "train",
        "--methods",
        "rollout",
        "--json",
    )
    said = vitx(*command, "--metrics", "entropy,leaving", "--out", "named")
    assert said.code == 1, said
    assert "error: leaving: the metric 'leaving' of leaving-plugin 1.0 cannot be loaded" in said.err
    assert [line["schema"] for line in said.json] == [1]
