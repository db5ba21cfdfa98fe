"""What the site makes of a page: lines break where a reader is not misled, and pictures lead to their files."""

import runpy
from pathlib import Path

import pytest

pytest.importorskip("mkdocs", reason="mkdocs is not installed")
pytest.importorskip("latex2mathml", reason="latex2mathml is not installed")
HOOKS = runpy.run_path(str(Path(__file__).resolve().parents[2] / "docs" / "site_hooks.py"))
OPTION = '<span class="option">{}</span>'


def made_of(html: str) -> str:
    return HOOKS["on_page_content"](html)


def test_options_stay_whole_in_lines_and_in_commands_but_not_in_programs():
    assert made_of("<code>vitx -o a-b --top-k</code>") == (
        f"<code>vitx {OPTION.format('-o')} a-b {OPTION.format('--top-k')}</code>"
    )
    command = '<div class="language-bash highlight"><pre><code>vitx<span class="w"> </span>--json\n</code></pre></div>'
    assert made_of(command) == command.replace("--json", OPTION.format("--json"))
    assert made_of("<code>vitx\n--json</code>") == f"<code>vitx\n{OPTION.format('--json')}</code>"
    program = command.replace("bash", "python")
    assert made_of(program) == program


def test_long_names_break_at_their_seams_and_short_ones_nowhere():
    assert made_of("<code>tests/house/test_a.py::test_that_it_is</code>") == (
        "<code>tests/<wbr>house/<wbr>test_<wbr>a.py::<wbr>test_<wbr>that_<wbr>it_<wbr>is</code>"
    )
    assert made_of("<code>pixel_values</code>") == "<code>pixel_values</code>"


def test_the_mark_behind_a_formula_stays_with_it():
    html = made_of("over $<code>s</code>$.")
    assert html.startswith('over <span class="formula-in-line"><math')
    assert html.endswith("</math>.</span>")


def test_a_picture_leads_to_its_file_unless_it_leads_elsewhere():
    picture = '<img alt="A map" src="../images/cam.webp" />'
    assert made_of(f"<p>{picture}</p>") == f'<p><a href="../images/cam.webp">{picture}</a></p>'
    elsewhere = f'<a href="../methods/">{picture}</a>'
    assert made_of(elsewhere) == elsewhere
