"""The best and worst images of report.html: those of each model's first methods; all lie beside the page."""

from base64 import b64encode
from collections.abc import Mapping
from io import BytesIO
from typing import Final

from PIL import Image

from vitxplain.evaluation.report.html.markup import Markup, element, join
from vitxplain.evaluation.table.verdicts import Verdict

METHODS: Final = 3  # of a model
QUALITY: Final = 85  # of JPEG, which takes a third of a PNG of photographs


def examples(sheets: Mapping[tuple[str, str], bytes], verdicts: Mapping[str, Verdict]) -> Markup | None:
    """The pictures of the methods that the verdict puts first, the first of each model open; None without pictures."""
    parts = []
    for model in dict.fromkeys(model for model, _ in sheets):
        methods = [method for of, method in sheets if of == model]
        if model in verdicts:
            order = [verdict.method for verdict in verdicts[model].methods]
            methods.sort(key=lambda method: order.index(method) if method in order else len(order))
        shown = methods[:METHODS]
        for number, method in enumerate(shown):
            summary = element("summary", f"{method} of {model}")
            image = element(
                "img", src=_inside(sheets[model, method]), alt=f"best and worst images of {method} of {model}"
            )
            picture = element(
                "div", image, class_="scroll", tabindex="0", role="region", aria_label=f"{method} of {model}"
            )
            parts.append(element("details", summary, picture, open=number == 0))
        if hidden := len(methods) - len(shown):
            parts.append(element("p", f"{hidden} more of {model} in best-and-worst/.", class_="key"))
    return join(element("h2", "Where it does best and worst"), *parts) if parts else None


def _inside(png: bytes) -> str:
    """The picture as an address that holds it."""
    with Image.open(BytesIO(png)) as picture:
        buffer = BytesIO()
        picture.convert("RGB").save(buffer, "JPEG", quality=QUALITY, optimize=True)
    return f"data:image/jpeg;base64,{b64encode(buffer.getvalue()).decode()}"
