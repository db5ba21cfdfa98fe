import subprocess
import sys
from pathlib import Path

import pytest

from tests.data.image_folders import masked_folders
from tests.data.stored import class_folders
from vitxplain.data.load import EmptySplitError, load_data
from vitxplain.data.synthetic.digits import Digits
from vitxplain.errors import DataError, OptionError, UnknownNameError, UsageError


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("digit", r"no data set is called 'digit'\. Did you mean digits\? Built in are digits, defects"),
        ("xyz", r"looked for at /.*/xyz; a set of the Hub is written OWNER/NAME"),
        ("./no/such", r"the folder ./no/such does not exist; check the path \(looked up in /"),
        ("no/such/", "the folder no/such/ does not exist"),
        ("a/b/c", "the folder a/b/c does not exist"),
        ("digits:here", "no data set is called 'digits:here'"),
        ("", "no data set is called ''"),
    ],
)
def test_names_nothing_has(source: str, words: str):
    with pytest.raises(UnknownNameError, match=words):
        load_data(source)


def test_a_folder_of_a_similar_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "shapes").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnknownNameError, match=r"called 'shapez'\. Did you mean the folder shapes\?"):
        load_data("shapez")
    with pytest.raises(UnknownNameError, match=r"does not exist.* Did you mean the folder shapes\?"):
        load_data("./shapez/")


def test_shares_of_a_few_images_may_be_empty_and_the_message_says_how_to_take_all(tmp_path: Path):
    masked_folders(tmp_path, 2)
    with pytest.raises(EmptySplitError, match=r"has no splits: 80/10/10 % .* -o data.ratio=0,0,1 makes all of them t"):
        load_data(tmp_path, "test")
    with pytest.raises(EmptySplitError, match=r"holds no images\. .*-o data.ratio=0,1,0 makes all of them validation"):
        load_data(tmp_path, "validation", options={"ratio": "1,0,0"})
    assert len(load_data(tmp_path, "test", options={"ratio": "0,0,1"})) == 2


def test_a_file_is_no_data_set(tmp_path: Path):
    (tmp_path / "a.txt").write_text("")
    with pytest.raises(UnknownNameError, match="is a file; give the folder"):
        load_data(tmp_path / "a.txt")


def test_an_existing_folder_is_meant_before_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    class_folders(tmp_path / "digits", {"cats": 5, "dogs": 5})
    monkeypatch.chdir(tmp_path)
    assert load_data("digits", "train").labels == ("cats", "dogs")


def test_options_are_read_by_type_and_values_taken_as_they_are():
    data = load_data("digits", "train", size=(28, 32), seed=4, limit=7, options={"hardness": "0.5", "label": "colour"})
    assert data == Digits("train", (28, 32), 4, 7, 0.5, label="colour")
    assert load_data("digits", options={"hardness": 0.5}) == load_data("digits", options={"hardness": "0.5"})


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"hardnes": 1}, r"the data set digits has no option 'hardnes'\. Did you mean hardness\?"),
        ({"zzz": 1}, "It has: size, seed, count, hardness, curriculum, label"),
        ({"epoch": 1}, "no option 'epoch'"),
        ({"count": "many"}, "count is 'many'; it takes a whole number or none"),
        ({"hardness": "2"}, "numbers from 0 to 1"),
    ],
)
def test_options_no_set_has(options: dict, words: str):
    with pytest.raises(OptionError, match=words):
        load_data("digits", options=options)


def test_a_limit_that_is_none():
    with pytest.raises(UsageError, match="limit is 0"):
        load_data("digits", limit=0)


def test_a_limit_leaves_every_class_its_share(tmp_path: Path):
    class_folders(tmp_path, {"test/cats": 10, "test/dogs": 10, "train/cats": 1, "train/dogs": 1})
    data = load_data(tmp_path, "test", limit=4)
    assert [data[index].label for index in range(len(data))] == [0, 0, 1, 1]
    assert len(load_data(tmp_path, "test", limit=99)) == 20
    with pytest.raises(IndexError):
        data[4]


def test_a_split_without_images_says_so(tmp_path: Path):
    class_folders(tmp_path, {"cats": 1, "dogs": 1})
    with pytest.raises(DataError, match="the validation split of .* holds no images"):
        load_data(tmp_path, "validation")


FRESH = """
import sys
from vitxplain.data.load import load_data
load_data(sys.argv[1])
assert not {"datasets", "pyarrow", "pandas"} & set(sys.modules)
load_data("digits", "dev")
"""


def test_a_fresh_interpreter_imports_no_library_of_data_sets_for_a_folder_and_refuses_a_split_nobody_knows(
    tmp_path: Path,
):
    class_folders(tmp_path, {"cats": 9, "dogs": 9})
    run = subprocess.run([sys.executable, "-c", FRESH, str(tmp_path)], capture_output=True, text=True, check=False)
    assert "UsageError: 'dev' is no split; take train, validation, test." in run.stderr
