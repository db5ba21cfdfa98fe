"""Data sets of the Hugging Face Hub: one quick look whether it answers, and its failures in the user's words."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from vitxplain.errors import DataError

PATIENCE_SECONDS: Final = 5.0  # for the Hub's first answer; `datasets` alone would retry for half a minute


@dataclass(frozen=True)
class HubData:
    """A data set of the Hub at one commit; or, where the Hub did not answer, what the cache has of it."""

    repo_id: str
    commit: str | None = None
    size: int = 0  # bytes, as far as the Hub says
    trouble: Exception | None = None  # why the Hub did not answer

    def open(self, config: str | None, *, streaming: bool) -> Any:
        """Its splits by name, as `datasets` gives them.

        Raises:
            DataError: it is not in the cache and the Hub is not there, or `datasets` cannot read it.
        """
        from datasets import load_dataset

        try:
            if self.commit is not None:
                return load_dataset(self.repo_id, config, revision=self.commit, streaming=streaming)
            with _unasked():
                return load_dataset(self.repo_id, config)
        except Exception as error:  # builders raise whatever their parsers meet
            if self.trouble is not None:
                raise _not_reached(self.repo_id, self.trouble) from self.trouble
            raise _unreadable(self.repo_id, error) from error


def look_up(repo_id: str, revision: str | None = None) -> HubData:
    """Ask the Hub once; where nobody answers, the cache is what is left.

    Raises:
        DataError: the Hub's last word: no such data set or revision, or no access.
    """
    from huggingface_hub import HfApi
    from huggingface_hub import errors as hub

    try:
        info = HfApi().dataset_info(repo_id, revision=revision, files_metadata=True, timeout=PATIENCE_SECONDS)
    except hub.GatedRepoError as error:
        where = f"https://huggingface.co/datasets/{repo_id}"
        raise DataError(f"{repo_id} is gated: accept its terms at {where}, then `hf auth login`.") from error
    except hub.RevisionNotFoundError as error:
        raise DataError(f"{repo_id} has no revision {revision!r}; give a branch, tag or commit of it.") from error
    except hub.RepositoryNotFoundError as error:
        raise DataError(
            f"the Hub has no data set {repo_id!r} that you may read, and there is no folder "
            f"{Path(repo_id).absolute()}. Check the spelling; if it is private, log in with `hf auth login`."
        ) from error
    except Exception as error:  # no network, a proxy, a server in trouble: what is cached may still do
        if revision is not None:  # which the cache cannot be asked for
            raise _not_reached(f"{repo_id} at {revision}", error) from error
        return HubData(repo_id, trouble=error)
    return HubData(repo_id, info.sha, sum(file.size or 0 for file in info.siblings or ()))


@contextmanager
def _unasked() -> Iterator[None]:
    """No request leaves: `datasets` looks into its cache alone."""
    from datasets import config
    from huggingface_hub import constants

    before = config.HF_HUB_OFFLINE, constants.HF_HUB_OFFLINE
    config.HF_HUB_OFFLINE = constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        config.HF_HUB_OFFLINE, constants.HF_HUB_OFFLINE = before


def _not_reached(repo_id: str, error: Exception) -> DataError:
    from huggingface_hub.constants import HF_HUB_OFFLINE

    status = getattr(getattr(error, "response", None), "status_code", None)
    reason = f"it answered with status {status}" if status else (str(error).strip() or type(error).__name__)
    why = "HF_HUB_OFFLINE forbids asking the Hub" if HF_HUB_OFFLINE else f"the Hub could not be reached ({reason})"
    return DataError(
        f"{repo_id} is no folder here (looked up in {Path.cwd()}), is not in the local cache, and {why}. Without the "
        "Hub there are digits and defects, which are made on this machine, folders of images, and mnist:FOLDER and "
        "cifar10:FOLDER for those sets' own files; or try again when connected."
    )


def _unreadable(repo_id: str, error: Exception) -> DataError:
    text = str(error).strip()
    if "Config name is missing" in text or "BuilderConfig" in text:
        return DataError(f"{repo_id} has several configurations; choose one with -o data.config=NAME. {text}")
    reason = text.splitlines()[0] if text else type(error).__name__
    return DataError(f"{repo_id} cannot be read as a data set ({reason}); see what it holds on the Hub's page of it.")
