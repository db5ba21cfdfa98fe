"""InspectPlugin: the tab "Inspect" of TensorBoard, which shows the recordings below its log folder."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from tensorboard.plugins import base_plugin
from werkzeug import wrappers

from vitxplain.files.paths import user_path
from vitxplain.inspect.hosts.served import Answer, Served

# TensorBoard calls the `render` of a module; the viewer itself has none, for the sake of notebooks.
_ENTRY: Final = 'export { renderPage as render } from "./viewer.js";\n'


class InspectPlugin(base_plugin.TBPlugin):
    """TensorBoard finds it by the entry point `tensorboard_plugins`; no event file is needed.

    TensorBoard checks neither host nor origin of a request: whoever reaches its port reads what is recorded.
    """

    plugin_name = "vitxplain"

    def __init__(self, context: base_plugin.TBContext) -> None:
        self._served = Served(lambda: log_folders(context.logdir, getattr(context.flags, "logdir_spec", "")))

    def is_active(self) -> bool:
        """Whether there is a record by now."""
        return not self._served.is_empty()

    def frontend_metadata(self) -> base_plugin.FrontendMetadata:
        """The module that draws the tab, and its name."""
        return base_plugin.FrontendMetadata(es_module_path="/entry.js", tab_name="Inspect", disable_reload=True)

    def get_plugin_apps(self) -> dict[str, Callable[..., Any]]:
        """What is answered where, by WSGI."""
        return {
            "/entry.js": _app(lambda _: Answer.text(200, _ENTRY, "text/javascript; charset=utf-8")),
            "/viewer.js": _app(lambda _: self._served.viewer()),
            "/index.json": _app(lambda _: self._served.index()),
            "/recording": _app(
                lambda request: self._served.record(request.args.get("id", ""), request.headers.get("Range"))
            ),
        }


def log_folders(logdir: str | None, logdir_spec: str | None) -> Mapping[str, Path]:
    """The folders that TensorBoard was told of: `--logdir` alone, or NAME:FOLDER,... of `--logdir_spec`.

    Without either there is none: an empty path would be the working folder.
    """
    if logdir:
        return {"": user_path(logdir)}
    folders = {}
    for part in (logdir_spec or "").split(","):
        name, colon, folder = part.partition(":")
        if colon and folder and "/" not in name:  # else it is a path alone, such as C:\runs has it too
            folders[name] = user_path(folder)
        elif part.strip():
            folders[f"{len(folders) + 1}"] = user_path(part.strip())
    return folders


def _app(answered: Callable[[wrappers.Request], Answer]) -> Callable[..., Any]:
    @wrappers.Request.application
    def app(request: wrappers.Request) -> wrappers.Response:
        if request.method not in ("GET", "HEAD"):
            return wrappers.Response("Only GET is answered.", 405, content_type="text/plain")
        answer = answered(request)
        return wrappers.Response(answer.body, answer.status, dict(answer.headers), content_type=answer.content_type)

    return app
