"""Files of the user are opened in one place, which bounds what they may be; every other opener is named here."""

import ast
from collections.abc import Iterator

from tests.house.modules import modules

ROOMS = {"vitxplain.files.opening", "vitxplain.files.documents", "vitxplain.files.pictures", "vitxplain.files.arrays"}
METHODS = {"open", "read_text", "read_bytes", "fromfile", "loadtxt", "genfromtxt", "memmap", "open_memmap"}
OF_LIBRARIES = {
    *("Image.open", "np.load", "json.load", "json.loads", "yaml.load", "yaml.safe_load", "torch.load", "h5py.File"),
    *(
        "gzip.open",
        "gzip.decompress",
        "zipfile.ZipFile",
        "ZipFile",
        "csv.reader",
        "csv.DictReader",
        "pickle.load",
        "pickle.loads",
    ),
    *("ElementTree.parse", "load_file", "safe_open", "open", "pickle.load", "pickle.loads"),
}
# What each of these opens, and why that is no file of the user, or how it is bounded there.
ALLOWED: dict[str, str] = {
    "vitxplain.class_source: source.read_text": "source code of an installed package",
    "vitxplain.cli.main: Path(os.devnull).open": "nothing, in place of a closed standard output",
    "vitxplain.cli.shared.streams: Path(os.devnull).open": "nothing, in place of the standard input",
    "vitxplain.data.folders.file_check: Image.open": "a header of what open_file gave",
    "vitxplain.data.hub.dataset: HubData(folder, 'here').open": "`datasets`, whose failures are caught there",
    "vitxplain.data.hub.dataset: hub.open": "the same",
    "vitxplain.data.published.gtsegs: h5py.File": "after check_file; each data set is measured before it is read",
    "vitxplain.data.synthetic.glyphs: np.load": "digits in the package itself",
    "vitxplain.evaluation.plan.entries: planned_entry.open": "a model of an evaluation",
    "vitxplain.evaluation.plan.entries: planned_entries[0].open": "the same",
    "vitxplain.evaluation.scoring.lines: json.loads": "a line of a folder of ours; one that is damaged is left out",
    "vitxplain.evaluation.scoring.lines: self._path.open": "the same, to be written on",
    "vitxplain.evaluation.maps.sharded_maps: json.loads": "a line that this process keeps",
    "vitxplain.evaluation.scoring.map_scores: json.loads": "the same",
    "vitxplain.evaluation.scoring.stored_answers: json.loads": "the same",
    "vitxplain.files.aside: (folder / f'.vitx-{token_hex(6)}.part').open": "a new file, to be written",
    "vitxplain.files.aside: path.open": "the same",
    "vitxplain.evaluation.measure: planned_entry.open": "the same",
    "vitxplain.evaluation.report.extremes: planned_entry.open": "the same",
    "vitxplain.evaluation.report.html.examples: Image.open": "a picture that this process drew",
    "vitxplain.files.disk: os.open": "folders and files just written, to be synced",
    "vitxplain.files.new_folder: os.open": "a folder, to be locked",
    "vitxplain.models.loading.from_adapters: load_file": "a plain file, as `without_weights` says; failures are said",
    "vitxplain.models.loading.from_adapters: safe_open": "the same",
    "vitxplain.models.loading.from_saved_folder: load_file": "after check_has_weights and stored_weights",
    "vitxplain.models.startup: os.open": "nothing, in place of the standard error of a command that ends",
    "vitxplain.models.trust.torch_weights: file.open": "a file in the cache of torch.hub, to be hashed",
    "vitxplain.models.trust.torch_weights: torch.load": "tensors alone, whatever is raised is said",
    "vitxplain.train.network.saving: load_file": "a checkpoint, after its checksums",
    "vitxplain.testing.construction: pickle.loads": "bytes just made",
}


def test_no_file_is_opened_elsewhere():
    """A pipe is waited for, a bomb unpacked and a parser's exception shown only where a file is opened by hand."""
    assert sorted(set(_calls()) - ALLOWED.keys()) == [], "open files with vitxplain.files, or say here why not"


def test_every_exception_is_still_there():
    assert sorted(ALLOWED.keys() - set(_calls())) == []


def _calls() -> Iterator[str]:
    """Every call that opens a file, as "MODULE: what is called"."""
    for name, tree in modules().items():
        if name in ROOMS:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                method = isinstance(node.func, ast.Attribute) and node.func.attr in METHODS
                if called in OF_LIBRARIES or method:
                    yield f"{name}: {called}"


LOOKS = {"exists", "is_file", "is_dir", "resolve", "expanduser"}
# Methods of `Path` raise for names no file can have, links to themselves and folders nobody lets us into.
LOOKS_AT = {
    "vitxplain.cli.shared.run_data: folder.exists": "RunFolder, which looks with vitxplain.files.paths",
    "vitxplain.evaluation.plan.presets: run.exists": "the same",
    "vitxplain.files.near: entry.is_dir": "of a listed folder, where OSError is met",
    "vitxplain.files.opening: path.is_file": "the same",
    "vitxplain.files.paths: os.path.exists": "the room itself",
    "vitxplain.files.paths: os.path.expanduser": "the same",
    "vitxplain.files.walk: entry.is_dir": "of a listed folder, where OSError is met",
    "vitxplain.files.walk: entry.is_file": "the same",
    "vitxplain.class_source: stem.is_dir": "of an installed package",
    "vitxplain.models.known_models: Path(__file__).resolve": "the package itself",
    "vitxplain.train.records.run_folder: folder.exists": "RunFolder, as above",
    "vitxplain.train.run: folder.exists": "the same",
}


def test_paths_are_looked_at_in_one_way():
    found = {
        f"{name}: {ast.unparse(node.func)}"
        for name, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LOOKS
    }
    assert sorted(found - LOOKS_AT.keys()) == [], "look with vitxplain.files.paths, or say here why not"
    assert sorted(LOOKS_AT.keys() - found) == []
