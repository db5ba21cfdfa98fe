"""Names are text: what a reader makes of the escaped name is the name, and nothing else."""

import json
import re
import shlex
import subprocess
from html.parser import HTMLParser

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from vitxplain.escape import csv_cell, from_csv_cell, json_text, latex, markdown, markdown_name, shell_word, terminal

HOSTILE = [
    "<script>alert(1)</script>",
    "a<img src=x onerror=alert(1)>",
    "[here](javascript:alert(1))",
    "![](http://tracker/x.png)",
    "[a]: http://x",
    "b\x1b[2J\x07\r\nc",
    "cat\u202egnp.exe",
    "`code` *bold* _it_ **x** ~~y~~ \\*",
    "# heading",
    "- item",
    "1. item",
    "&lt;b&gt;",
    "=HYPERLINK(1)",
    "a|b",
]


def _tags(text: str) -> list[str]:
    parser, tags = HTMLParser(), list[str]()
    parser.handle_starttag = lambda tag, _: tags.append(tag)
    parser.feed(text)
    return tags


@pytest.mark.parametrize("escape", [markdown, markdown_name])
@pytest.mark.parametrize("name", HOSTILE)
def test_markdown_holds_no_tag_no_link_and_no_control_character(name: str, escape):
    escaped = escape(name)
    assert _tags(escaped) == []
    assert escaped.isprintable()
    assert not re.search(r"(?<!\\)\]\(|(?<!\\)!\[", escaped)


def test_ordinary_names_stay_as_they_are():
    for name in ("tabby, tabby cat", "grad-cam", "n02123_x", "owner/name", "0.71 (a control)", "R & D", "Straße 猫"):
        assert markdown_name(name) == markdown(name) == terminal(name) == csv_cell(name) == name
    assert markdown("**0.71 [0.65, 0.77]** > 0.5") == "**0.71 [0.65, 0.77]** > 0.5"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("*a*", r"\*a\*"),
        ("_a_", r"\_a\_"),
        ("# a", r"\# a"),
        ("1. a", r"1\. a"),
        ("- a", r"\- a"),
        ("&lt;", "&amp;lt;"),
        ("`a`", r"\`a\`"),
        (r"\*", r"\\\*"),
    ],
)
def test_marks_in_a_name_are_shown(name: str, shown: str):
    assert markdown_name(name) == shown


@given(st.text())
@settings(max_examples=25)
def test_terminals_get_printable_text(text: str):
    assert terminal(text).isprintable()
    assert terminal(text) == text or not text.isprintable()


@pytest.mark.parametrize("value", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "-x"])
def test_cells_are_no_formulas(value: str):
    assert csv_cell(value) == f"'{value}"


@given(st.one_of(st.text("'=+-@1a", max_size=5), st.text(max_size=5)))
@settings(max_examples=25)
def test_a_cell_is_read_back_as_it_was(text: str):
    assert from_csv_cell(csv_cell(text)) == text
    assert not re.match(r"[=@]", csv_cell(text))


def test_numbers_and_other_cells_stay_as_they_are():
    for value in (-1, 0.5, None, True, "-0.25", "+3", "-1e-05", "a=b", ""):
        assert csv_cell(value) is value


@given(st.text())
@settings(max_examples=25)
def test_json_says_the_same_without_tags(text: str):
    escaped = json_text(json.dumps(text, ensure_ascii=False))
    assert json.loads(escaped) == text
    assert not set("<>") & set(escaped)
    assert escaped.isprintable()


def test_yaml_reads_it_too():
    assert yaml.safe_load(json_text(json.dumps(["a<b>\x7f"], ensure_ascii=False))) == ["a<b>\x7f"]


@pytest.mark.parametrize("word", ["data<img src=x>", "a\nb\x1b[2J", "it's `x`", "plain", "Straße <1>"])
def test_the_shell_reads_the_word(word: str):
    said = subprocess.run(["bash", "-c", f"printf %s {shell_word(shlex.quote(word), word)}"], capture_output=True)
    assert said.stdout.decode() == word


def test_no_sign_of_a_name_is_a_command_of_latex():
    assert latex("a_b & 50% #1 {x} $y$") == r"a\_b \& 50\% \#1 \{x\} \$y\$"
    assert latex("\\end~^") == r"\textbackslash{}end\textasciitilde{}\textasciicircum{}"
    assert latex("[2ex]* --- `<|>`") == (
        r"{[}2ex{]}{*} -{}-{}- \textasciigrave{}\textless{}\textbar{}\textgreater{}\textasciigrave{}"
    )
    assert latex("''a'b") == "'{}'a'b"
    assert latex("one\ntwo") == r"one\textbackslash{}ntwo"
