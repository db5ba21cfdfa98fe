"""What a probe found, kept in the Hugging Face cache: a model is probed once, and not by every command."""

import os
from contextlib import suppress
from hashlib import sha256
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vitxplain.errors import VitxplainError
from vitxplain.files.documents import parse_json
from vitxplain.files.opening import read_bytes
from vitxplain.files.write import write_together
from vitxplain.models.probing.probe import Probe
from vitxplain.models.stored_probes.fingerprint import fingerprint
from vitxplain.models.stored_probes.form import from_json, to_json

if TYPE_CHECKING:
    from vitxplain.models.vision_model import VisionModel

OFF: Final = "VITXPLAIN_DISABLE_PROBE_CACHE"  # the environment's word to probe anew each time and keep nothing
MOST_FILES: Final = 200  # some 20 kB each; the oldest go first


def probe_file(model: "VisionModel", size: tuple[int, int]) -> Path | None:
    """Where what is found of the model at an input size (height, width) belongs; None where it is not kept.

    Kept is what was opened by name and runs on the CPU, where a probe takes seconds: a module in memory may be another
    one at the next call.
    """
    is_off = os.environ.get(OFF, "").upper() in ("1", "ON", "YES", "TRUE")
    if is_off or not model.is_stored or model.device.type != "cpu":
        return None
    name = fingerprint(model, size)
    return None if name is None else _folder() / f"{name}.json"


def read_probe(file: Path) -> Probe | None:
    """The probe that a file holds; None where there is none, or it is damaged."""
    try:
        digest, _, content = read_bytes(file).partition(b"\n")
        probe = from_json(parse_json(content)) if sha256(content).hexdigest() == digest.decode() else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return probe if isinstance(probe, Probe) else None


def write_probe(file: Path, probe: Probe) -> None:
    """Keep a probe, unless it has no form on disk or nothing can be written there.

    One whose findings depend on images of the user's is not kept either.
    """
    if probe.silent:
        return
    with suppress(OSError, VitxplainError, TypeError):
        content = dumps(to_json(probe)).encode()
        write_together({file: [sha256(content).hexdigest().encode(), b"\n", content]})
        _remove_oldest(file.parent)


def _folder() -> Path:
    from huggingface_hub.constants import HF_ASSETS_CACHE

    return Path(HF_ASSETS_CACHE) / "vitxplain" / "probes"  # as `huggingface_hub.cached_assets_path` has it


def _remove_oldest(folder: Path) -> None:
    files = list(folder.glob("*.json"))
    if len(files) > MOST_FILES:
        files.sort(key=lambda path: path.stat().st_mtime_ns)
        for path in files[:-MOST_FILES]:
            path.unlink(missing_ok=True)
