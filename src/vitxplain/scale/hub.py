"""The maps of a run as a data set of the Hugging Face Hub, each method a configuration of it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from os import PathLike
from typing import Any, Final

from vitxplain.errors import OutputError, UsageError
from vitxplain.files.paths import user_path
from vitxplain.scale import manifest
from vitxplain.scale.stores import Folder, Store

FILES_OF_A_COMMIT: Final = 500  # the Hub takes some thousands, slowly
KEPT: Final = "the same command pushes what is not there yet"


def check_access(repo_id: str) -> None:
    """Before any work: that the user is logged in and the data set is there, made private where it was not.

    Raises:
        UsageError: nobody is logged in, or they may not write there, or the Hub cannot be reached.
    """
    from huggingface_hub import HfApi

    with _in_words(repo_id, UsageError, "nothing was explained"):
        api = HfApi()
        api.whoami()
        api.create_repo(repo_id, repo_type="dataset", private=True, exist_ok=True)


def push_to_hub(folder: str | PathLike[str], repo_id: str) -> str:
    """Push the maps of a finished run to a data set of the Hub; its address.

    `datasets.load_dataset(repo_id, METHOD)` opens those of a method, `scale.maps` a copy of the whole. A new data set
    is private. What is there already is not sent again.

    Args:
        folder: of the run.
        repo_id: OWNER/NAME.

    Raises:
        UsageError: the folder holds no maps, or shards of it are still to be made; nobody is logged in.
        OutputError: the Hub cannot be reached, or refuses.
    """
    from huggingface_hub import CommitOperationAdd, HfApi

    path = user_path(folder)
    store = Folder(path)
    plan = manifest.read_plan(store)
    files, unfinished = _files(store, plan)
    if unfinished:
        raise UsageError(f"{len(unfinished)} shards of {folder} are still to be made; explain again, then push.")
    with _in_words(repo_id, OutputError, f"the maps are in {folder}; {KEPT}"):
        api = HfApi()
        api.create_repo(repo_id, repo_type="dataset", private=True, exist_ok=True)
        shards = (CommitOperationAdd(name, path / name) for name in files)
        while part := list(islice(shards, FILES_OF_A_COMMIT)):
            api.create_commit(repo_id, part, commit_message="Maps", repo_type="dataset")
        last = [
            CommitOperationAdd("README.md", _card(plan).encode()),
            CommitOperationAdd(manifest.PLAN_NAME, path / manifest.PLAN_NAME),
        ]
        done = api.create_commit(repo_id, last, commit_message="Maps: the plan", repo_type="dataset")
        return str(done.repo_url)


def _files(store: Store, plan: Mapping[str, Any]) -> tuple[list[str], list[int]]:
    """The files of the finished shards with their entries, by their names in the folder; and which are not finished."""
    files: list[str] = []
    unfinished: list[int] = []
    for shard in range(plan["shards"]):
        entry = manifest.finished(store, shard)
        if entry is None:
            unfinished.append(shard)
        else:
            files += [*entry.files, manifest.entry_name(shard)]
    return files, unfinished


def _card(plan: Mapping[str, Any]) -> str:
    """The data set's page: a configuration a method, so that `datasets` finds the shards of each."""
    configurations = [
        line
        for name in plan["methods"]
        for line in (f"- config_name: {name}", "  data_files:", "  - split: train", f"    path: {name}/*.parquet")
    ]
    model = plan["model"]["id"]
    return "\n".join(
        [
            "---",
            "tags:",
            "- vitxplain",
            "configs:",
            *configurations,
            "---",
            "",
            "# Maps of what a vision model looks at",
            "",
            f"Of {plan['images']} images by {', '.join(plan['methods'])}; the model is `{model}`. Made by "
            "`vitx explain --format parquet`; `manifest/plan.json` says how.",
            "",
        ]
    )


@contextmanager
def _in_words(repo_id: str, error: type[UsageError] | type[OutputError], rest: str) -> Iterator[None]:
    """The Hub's failures as one sentence with the way out."""
    from huggingface_hub import errors as hub
    from huggingface_hub.utils.tqdm import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    bars = not are_progress_bars_disabled()
    disable_progress_bars()  # one a file, in the midst of ours
    try:
        yield
    except (hub.HFValidationError, hub.HfUriError) as cause:
        raise UsageError(f"--push-to-hub {repo_id} is no name on the Hub: give OWNER/NAME.") from cause
    except hub.LocalTokenNotFoundError as cause:
        raise UsageError(f"{repo_id} was not pushed to: nobody is logged in. Log in with `hf auth login`.") from cause
    except hub.OfflineModeIsEnabled as cause:
        raise error(f"{repo_id} was not pushed to: HF_HUB_OFFLINE is set, which forbids asking the Hub; {rest}.") from (
            cause
        )
    except hub.HfHubHTTPError as cause:
        status = getattr(cause.response, "status_code", None)
        if status == 401:
            raise UsageError(
                f"{repo_id} was not pushed to: the Hub does not know the login; log in again with `hf auth login`."
            ) from cause
        if status in (403, 404):
            raise error(
                f"{repo_id} was not pushed to: the login may not write there; take a token that may, or another "
                f"OWNER/NAME; {rest}."
            ) from cause
        raise error(f"{repo_id} was not pushed to: the Hub answered with status {status}; {rest}.") from cause
    except (UsageError, OutputError):
        raise
    except Exception as cause:  # the client behind the Hub library differs by version, and so do its error classes
        reason = str(cause).strip() or type(cause).__name__
        raise error(f"{repo_id} was not pushed to: the Hub could not be reached ({reason}); {rest}.") from cause
    finally:
        if bars:
            enable_progress_bars()
