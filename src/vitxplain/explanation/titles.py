"""What is said above, below and about an explanation: its title, the small print, a caption."""

from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.heatmap import is_all_against
from vitxplain.explanation.target_words import name_and_score, sides
from vitxplain.words import counted, file_name, short_name, shown, source_name


def headline(explanation: Explanation) -> str:
    """The target that was explained, or for a method that is about none what the model predicted or found."""
    target, top = explanation.target, explanation.prediction
    if explanation.detections:
        names = dict.fromkeys(short_name(detected.name) for detected in explanation.detections)
        return target_words(explanation) if target else f"found: {', '.join(names)}"
    predicted = f"{short_name(top.names[0])} · {shown(top.probabilities[0], top.unit)}" if top.names else ""
    if target is None:
        return f"predicted: {predicted}" if predicted else explanation.method
    explained = name_and_score(target)
    return explained if target.index in top.indices[:1] or not predicted else f"{explained}   (predicted: {predicted})"


def target_words(explanation: Explanation) -> str:
    """Name and score of the target; of a thing that was found, which of how many it is."""
    target, total = explanation.target, len(explanation.detections)
    if target is None:
        return explanation.method
    words = name_and_score(target)
    if not target.is_local:
        return words
    numbered = target.label.startswith(("object-", "segment-"))
    which = f"{target.label.partition('~')[0].replace('-', ' ')}, one of {total}" if numbered else target.label
    return f"{words}   ({which})"


def detail(explanation: Explanation, which: str = "") -> str:
    """Photograph, method, model, bands and options; before them why a heat map is empty with no value above 0.

    `which` says which map it is where one of many is shown. Options come last: a narrow figure cuts the end.
    """
    bands = ", ".join(str(number) for number in explanation.provenance.get("bands") or ())
    shown = f"image: band{'s' * (',' in bands)} {bands}" if bands else ""
    photograph = file_name(str(explanation.provenance.get("input") or ""))
    named = (photograph, explanation.method, which, model_name(explanation), shown)
    return " · ".join(part for part in (warning(explanation), *named, options_of(explanation)) if part)


def model_name(explanation: Explanation) -> str:
    """The model's id, a folder by its own name alone; empty where the explanation does not know it."""
    return source_name(str((explanation.provenance.get("model") or {}).get("id") or ""))


def caption(explanation: Explanation) -> str:
    """As `Explanation.caption`."""
    target, names = explanation.target, explanation.axes.split()
    photograph = file_name(str(explanation.provenance.get("input") or "")) or "an image"
    about = name_and_score(target, "{} ({})") if target else ""
    if target and target.is_local:
        about += f", {target.label.partition('~')[0].replace('-', ' ')}"
    top = explanation.prediction
    predicted = bool(top.names) and not explanation.detections and (target is None or target.index != top.indices[0])
    best = f"predicted {short_name(top.names[0])} ({shown(top.probabilities[0], top.unit)})" if predicted else ""
    many = " × ".join(
        counted(size, name)
        for name, size in zip(names, explanation.values.shape, strict=True)
        if name in ("layer", "head")
    )
    model = model_name(explanation)
    noun = "map" if names == ["row", "column"] else "values"
    first = f"{explanation.method} {noun} of {photograph}{f' for {about}' if about else ''}"
    parts = (first, best, many, f"model {model}" if model else "", options_of(explanation), warning(explanation))
    sentence = ", ".join(part for part in parts if part)
    sentences = (sentence, *(note.rstrip(".") for note in explanation.notes))
    return " ".join(f"{one[:1].upper()}{one[1:]}." for one in sentences)


def options_of(explanation: Explanation) -> str:
    """Those of the method that are set, as key=value."""
    return ", ".join(f"{name}={value}" for name, value in explanation.options.items() if value is not None)


def warning(explanation: Explanation) -> str:
    """Why a heat map is empty, with no value above 0; else an empty text."""
    if not is_all_against(explanation.values, explanation.axes, explanation.method):
        return ""
    against, own = sides(explanation.target)
    return f"no value is above 0: nothing speaks {own} (style 'signed' shows what speaks {against})"
