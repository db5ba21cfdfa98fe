"""No folder grows into a hall, no file beyond an idea, and each says in one sentence what is in it."""

import ast
from collections import Counter

from tests.house.modules import PACKAGE, ROOT, module_paths, modules

MOST_MODULES = 16
ONE_A_FILE = {"explainers", "metrics", "render/styles"}  # a method, a metric, a style
MOST_LINES = 250
FILES = sorted(module_paths().values())


def test_no_folder_has_more_modules_than_one_can_look_over():
    sizes = Counter(path.parent.relative_to(PACKAGE).as_posix() for path in FILES if path.name != "__init__.py")
    halls = {folder: size for folder, size in sizes.items() if size > MOST_MODULES and folder not in ONE_A_FILE}
    assert halls == {}, f"more than {MOST_MODULES} modules: make folders of what belongs together"


def test_no_file_is_longer_than_an_idea():
    lengths = {path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines()) for path in FILES}
    assert {path: lines for path, lines in lengths.items() if lines > MOST_LINES} == {}


def test_no_package_has_code_in_its_init_but_the_face_and_the_documented_doors():
    doors = {"vitxplain", "vitxplain.export", "vitxplain.inspect", "vitxplain.scale", "vitxplain.testing"}
    packages = [name for name, path in module_paths().items() if path.name == "__init__.py" and name not in doors]
    assert [name for name in packages if len(modules()[name].body) > 1] == []


def test_every_module_says_in_one_sentence_what_is_in_it():
    first = {name: (ast.get_docstring(tree) or "").split("\n\n")[0] for name, tree in modules().items()}
    assert [name for name, sentence in first.items() if not sentence] == [], "a module begins with a docstring"
    assert [name for name, sentence in first.items() if "\n" in sentence] == [], "its first paragraph is one line"
