"""One file from the web, with a time-out and a size limit."""

from io import BytesIO
from typing import Any

from vitxplain.errors import ImageError

MAX_BYTES = 64 * 2**20
TIMEOUT_SECONDS = 10.0


def is_url(source: Any) -> bool:
    """Whether this is an http or https address."""
    return isinstance(source, str) and source.lower().startswith(("http://", "https://"))


def download(url: str, *, max_bytes: int = MAX_BYTES) -> BytesIO:
    """The content at an http(s) address, through the Hub library's client (its proxies and offline switch apply).

    Raises:
        ImageError: unreachable, an error status, a web page instead of an image, or more than `max_bytes`.
    """
    from huggingface_hub import get_session
    from huggingface_hub.errors import OfflineModeIsEnabled

    content = BytesIO()
    try:
        with get_session().stream("GET", url, timeout=TIMEOUT_SECONDS, follow_redirects=True) as response:
            if response.status_code >= 400:
                raise ImageError(f"{url} answered with status {response.status_code}; open it in a browser to check.")
            kind = response.headers.get("content-type", "")
            if kind.startswith(("text/", "application/json")):
                raise ImageError(f"{url} is a {kind.split(';')[0]} page, not an image; give the image's own address.")
            for part in response.iter_bytes():
                content.write(part)
                if content.tell() > max_bytes:
                    raise ImageError(f"{url} is larger than {max_bytes // 2**20} MiB; download it and shrink it first.")
    except ImageError:
        raise
    except OfflineModeIsEnabled as error:
        raise ImageError(f"{url} was not fetched: HF_HUB_OFFLINE is set; give a file, or unset it.") from error
    except Exception as error:  # the client behind the Hub library differs by version, and so do its error classes
        reason = str(error) or type(error).__name__
        raise ImageError(f"{url} could not be fetched ({reason}); check the address and the connection.") from error
    content.seek(0)
    return content
