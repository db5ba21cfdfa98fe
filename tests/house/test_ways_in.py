"""Every call that could run what a file holds: each is in the list, says that it does not, and a test tries it."""

import ast

from tests.house.modules import ROOT, modules

TRUST = "tests/models/trust/test_model_classes.py"
SETTINGS = "tests/models/trust/test_settings.py"
WEIGHTS = "tests/models/trust/test_torch_weights.py"
ADAPTERS = "tests/models/loading/test_from_adapters.py"
FILES = "tests/bad_input/test_hostile_files.py"
OWN = ""  # opens or imports what is ours, named by no file

# Calls that read code, pickles or what names them, with the argument that forbids it.
OPENERS = {
    "torch.load": "weights_only=True",
    "np.load": "allow_pickle=False",
    "np.lib.format.read_array": "allow_pickle=False",
    "load_dataset": "",  # version 4 of `datasets` has no scripts any more
    "AutoConfig.from_pretrained": "trust_remote_code",
    "AutoModel.from_pretrained": "trust_remote_code",
    "network.from_pretrained": "trust_remote_code",
    "network.from_config": "trust_remote_code",
    "AutoImageProcessor.from_pretrained": "trust_remote_code",
    "CLIPTokenizer.from_pretrained": "",  # of one class: `auto_map` is for the Auto classes
    "AutoConfig.for_model": "",  # known types alone; `auto_map` is left out
    "import_module": "",
    "timm.create_model": "",
    "models.get_model": "",
    "eval": "",
    "exec": "",
    "pickle.load": "",
    "pickle.loads": "",
    "yaml.load": "Loader",
    "yaml.unsafe_load": "",
    "joblib.load": "",
    "__import__": "",
}
ANY = (
    "from_pretrained",
    "from_config",
    "load_dataset",
    "load_state_dict_from_url",
    "for_model",
)  # whatever they are of

WAYS_IN = {
    ("vitxplain", "import_module"): OWN,
    ("vitxplain.data.load", "import_module"): OWN,
    ("vitxplain.inspect", "import_module"): OWN,
    ("vitxplain.scale", "import_module"): OWN,
    ("vitxplain.render.draw", "import_module"): OWN,
    ("vitxplain.cli.shared.meanwhile", "import_module"): OWN,
    ("vitxplain.models.loading.adapter", "import_module"): OWN,
    ("vitxplain.testing.construction", "eval"): OWN,
    ("vitxplain.testing.construction", "pickle.loads"): OWN,
    ("vitxplain.data.hub.access", "load_dataset"): FILES,
    ("vitxplain.data.synthetic.glyphs", "np.load"): OWN,
    ("vitxplain.files.arrays", "np.lib.format.read_array"): FILES,
    ("vitxplain.models.loading.blueprint", "AutoConfig.for_model"): TRUST,
    ("vitxplain.models.loading.from_adapters", "PeftModel.from_pretrained"): ADAPTERS,
    ("vitxplain.models.loading.from_timm", "timm.create_model"): SETTINGS,
    ("vitxplain.models.loading.from_torchvision", "models.get_model"): WEIGHTS,
    ("vitxplain.models.loading.from_transformers", "AutoConfig.from_pretrained"): SETTINGS,
    ("vitxplain.models.loading.from_transformers", "AutoModel.from_pretrained"): TRUST,
    ("vitxplain.models.loading.from_transformers", "network.from_pretrained"): TRUST,
    ("vitxplain.models.loading.network", "network.from_config"): TRUST,
    ("vitxplain.models.loading.from_transformers", "AutoImageProcessor.from_pretrained"): TRUST,
    ("vitxplain.models.loading.from_transformers", "CLIPTokenizer.from_pretrained"): TRUST,
    ("vitxplain.models.trust.torch_weights", "torch.load"): WEIGHTS,
}


def _calls() -> list[tuple[str, str, ast.Call]]:
    return [
        (name, called, node)
        for name, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ((called := ast.unparse(node.func)) in OPENERS or called.rpartition(".")[2] in ANY)
    ]


def test_every_way_in_is_in_the_list_with_its_test():
    calls = {(name, called) for name, called, _ in _calls()}
    assert calls - WAYS_IN.keys() == set(), "a new way in needs a test with a hostile file, and its line here"
    assert WAYS_IN.keys() - calls == set(), "this way is gone; take its line out"
    missing = {place for place in WAYS_IN.values() if not (ROOT / place).exists()}
    assert missing == set()


def test_each_forbids_what_it_could_run():
    for name, called, call in _calls():
        argument, _, value = OPENERS.get(called, "").partition("=")
        if argument and WAYS_IN.get((name, called)) != OWN:
            given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
            assert argument in given, f"{name} calls {called} without {argument}"
            assert value in ("", given[argument])
