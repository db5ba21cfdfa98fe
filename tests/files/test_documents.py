from pathlib import Path

import pytest
import yaml

from vitxplain.files.documents import parse_yaml, read_json, read_lines, read_object, read_table


def test_tables_are_read_as_spreadsheets_write_them(tmp_path: Path):
    file = tmp_path / "a.csv"
    file.write_bytes('\ufeffname,note\r\na,"two\r\nlines"\r\n\r\nb\r\nc,d,,e\r\n'.encode())
    assert read_table(file) == [
        {"name": "a", "note": "two\nlines"},
        {"name": "b", "note": ""},
        {"name": "c", "note": "d"},
    ]
    file.write_bytes(b"name,note\ra,b\r")
    assert read_table(file) == [{"name": "a", "note": "b"}]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a,a\n1,2\n", "two of its columns are called a"),
        (f"a,b\n{'x' * 200_000},1\n", "field larger than field limit"),
    ],
)
def test_tables_that_are_none(tmp_path: Path, content: str, words: str):
    (tmp_path / "a.csv").write_text(content)
    with pytest.raises(Exception, match=words):
        read_table(tmp_path / "a.csv")


def test_json_and_lines(tmp_path: Path):
    (tmp_path / "a").write_bytes(b'\xef\xbb\xbf{"a": [1]}')
    assert read_json(tmp_path / "a") == read_object(tmp_path / "a") == {"a": [1]}
    (tmp_path / "a").write_bytes(b"[1]")
    with pytest.raises(ValueError, match="it holds a list in place of an object"):
        read_object(tmp_path / "a")
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfcat \r\n\n dog")
    assert read_lines(tmp_path / "a") == ["cat", "dog"]


def test_yaml_of_plain_kinds():
    assert parse_yaml("a: &x [1, 2]\nb: *x\nc: {d: null}") == {"a": [1, 2], "b": [1, 2], "c": {"d": None}}
    assert parse_yaml(b"") is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{f'*a{n - 1}, ' * 9}]\n" for n in range(1, 12)), "aliases unfold"),
        ("a: &a {k: 1}\n" + "b0: &b0 {<<: [*a, *a]}\n" * 1 + "b1: &b1 {<<: [*b0, *b0, *b0]}\n", None),
        ("a: &a [*a]", "an alias in it stands for what it lies in"),
        ("x" * 2**20, "it is larger than 512 KiB"),
        ("!!python/object/apply:os.system ['true']", "could not determine a constructor"),
        ("a: 1\n---\nb: 2", "expected a single document"),
    ],
)
def test_yaml_that_is_refused(content: str, words: str | None):
    if words is None:
        assert parse_yaml(content)["b1"] == {"k": 1}
        return
    with pytest.raises((ValueError, yaml.YAMLError), match=words):
        parse_yaml(content)
