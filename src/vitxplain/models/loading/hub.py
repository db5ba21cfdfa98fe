"""The Hugging Face Hub: one look-up that pins the commit, and its failures in the user's words."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vitxplain.errors import ModelLoadError
from vitxplain.files.paths import is_folder, user_path
from vitxplain.models.known_models import ALIASES, NAMES, demo_hint, is_here
from vitxplain.models.processors.simple_processor import EXAMPLES
from vitxplain.suggest import did_you_mean, similar_names

PROCESSOR_FILES = ("preprocessor_config.json", "processor_config.json")  # of images alone, and of images and text
PATIENCE_SECONDS = 5.0  # for the Hub's first answer


class AbsentModelError(ModelLoadError):
    """The cache does not have the model, nor the Hub, as far as it could be asked."""


@dataclass(frozen=True)
class HubModel:
    """A repository at one commit: the same commit for every file, and no request for what is cached."""

    file: Path  # the one that was looked up, in the cache
    reachable: bool  # if not, only the cache is asked: the Hub library would retry each file for minutes

    @property
    def commit(self) -> str:
        """The commit's hash."""
        return self.file.parent.name

    @property
    def pinned(self) -> dict[str, Any]:
        """Arguments for from_pretrained and hf_hub_download."""
        return {"revision": self.commit, "local_files_only": not self.reachable}


def look_up(
    repo_id: str, revision: str | None = None, filename: str = "config.json", instead: str | None = None
) -> HubModel:
    """One file of a Hub id (at a revision), and so its commit, from the Hub or, where that is not reached, the cache.

    `instead` is what to give where neither has it, as a sentence without its full stop; None for a model.

    Raises:
        ModelLoadError: no such model or revision, no access, or neither Hub nor cache has it.
        RemoteEntryNotFoundError: the repository is there, the file is not.
    """
    from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url, try_to_load_from_cache
    from huggingface_hub.errors import RemoteEntryNotFoundError, RepositoryNotFoundError, RevisionNotFoundError

    try:
        # Asked once without retries; hf_hub_download would try for minutes before it says that nobody answers.
        get_hf_file_metadata(hf_hub_url(repo_id, filename, revision=revision), timeout=PATIENCE_SECONDS)
        path = hf_hub_download(repo_id, filename, revision=revision, etag_timeout=PATIENCE_SECONDS)
        return HubModel(Path(path), reachable=True)
    except RemoteEntryNotFoundError:
        raise
    except UnicodeDecodeError as error:  # a ValueError too: of a cache whose own files are damaged
        raise hub_error(error, repo_id, revision, instead) from error
    except (RepositoryNotFoundError, RevisionNotFoundError, ValueError) as error:  # the Hub's last word
        raise hub_error(error, repo_id, revision, instead) from error
    except Exception as error:
        cached = None
        with suppress(OSError, ValueError):  # of a damaged cache
            cached = try_to_load_from_cache(repo_id, filename, revision=revision)
        if not isinstance(cached, str):
            raise hub_error(error, repo_id, revision, instead) from error
        return HubModel(Path(cached), reachable=False)


def processor_pin(source: str, pinned: dict[str, Any]) -> dict[str, Any]:
    """Arguments for from_pretrained by which a processor is got: `pinned` where it is known, or that of one look-up.

    Raises:
        ModelLoadError: neither Hub nor cache has it.
    """
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import RemoteEntryNotFoundError

    if "local_files_only" in pinned or is_folder(user_path(source)):
        return pinned
    revision = pinned.get("revision")
    names: Sequence[str] = PROCESSOR_FILES
    with suppress(OSError, ValueError):  # of a damaged cache, or of a name that is none; the look-up says so
        names = sorted(
            names, key=lambda name: not isinstance(try_to_load_from_cache(source, name, revision=revision), str)
        )
    for name in names:
        with suppress(RemoteEntryNotFoundError):
            return look_up(source, revision, name, f"Give a folder that holds its processor, or {EXAMPLES}").pinned
    return pinned  # reading it says what is missing


def hub_error(
    error: BaseException, repo_id: str, revision: str | None = None, instead: str | None = None
) -> ModelLoadError:
    """The error for a failed request to the Hub: what happened, and what to do about it."""
    from huggingface_hub import errors as hub
    from huggingface_hub.constants import HF_HUB_OFFLINE

    causes = list(_causes(error))

    def met(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    remedy = instead or f"Give a folder that holds the model{demo_hint()}"
    if met(hub.HFValidationError):
        return ModelLoadError(
            f"{repo_id!r} is neither an existing folder nor a Hub id (`owner/name`).{near_names(repo_id)} "
            "See `vitx models` for names to start with."
        )
    if met(hub.GatedRepoError):
        return ModelLoadError(
            f"{repo_id} is gated: accept its terms at https://huggingface.co/{repo_id}, then `hf auth login`."
        )
    if met(hub.RevisionNotFoundError):
        return ModelLoadError(
            f"{repo_id} has no revision {revision!r}; give a branch, tag or commit listed at "
            f"https://huggingface.co/{repo_id}/commits."
        )
    if met(hub.RepositoryNotFoundError):
        return AbsentModelError(
            f"the Hub has no model {repo_id!r} that you may read.{near_names(repo_id)} Check the spelling; "
            "if it is private, log in with `hf auth login`."
        )
    is_offline = HF_HUB_OFFLINE or met(hub.OfflineModeIsEnabled)
    if (folder := _cached_folder(repo_id)) is not None:
        what = f"{repo_id} at revision {revision!r}" if revision is not None else repo_id
        why = "HF_HUB_OFFLINE forbids asking the Hub" if is_offline else "the Hub could not be reached"
        return ModelLoadError(
            f"{what} is in the local cache in part or damaged ({folder}), and {why}. Remove that folder and try again "
            f"when connected, or give a folder that holds the model{demo_hint()}."
        )
    if is_offline:
        return AbsentModelError(
            f"{repo_id} is not in the local cache, and HF_HUB_OFFLINE forbids asking the Hub.{near_names(repo_id)} "
            f"{remedy}, or unset HF_HUB_OFFLINE."
        )
    status = next((s for c in causes if (s := getattr(getattr(c, "response", None), "status_code", None))), None)
    reason = f"it answered with status {status}" if status else (str(causes[-1]) or type(causes[-1]).__name__)
    return AbsentModelError(
        f"{repo_id} is not in the local cache and the Hub could not be reached ({reason}).{near_names(repo_id)} "
        f"{remedy}, or try again when connected."
    )


def _cached_folder(repo_id: str) -> Path | None:
    """What the cache has of a repository, whole or not."""
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    folder = Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=repo_id, repo_type="model")
    return folder if is_folder(folder / "snapshots") else None


def near_names(name: str) -> str:
    """A question with the short names (or, with an owner, the Hub ids of them) a word resembles, or nothing."""
    short = [*filter(is_here, NAMES), *ALIASES]
    names, cutoff = ([one.source for one in ALIASES.values()], 0.85) if "/" in name else (short, 0.6)
    near = [] if name in names else similar_names(name.lower().replace("_", "-"), names, cutoff=cutoff)
    return did_you_mean(near, start=" Did")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and those it came from, outermost first."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
