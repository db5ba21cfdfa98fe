"""report.html: the verdict first, then what it rests on; no script, and nothing is fetched."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from vitxplain.evaluation.evaluation import Evaluation
from vitxplain.evaluation.failures import sentences
from vitxplain.evaluation.report.cells import COST_COLUMNS, comparison_columns
from vitxplain.evaluation.report.html.curves import curve_key, curve_picture, sample
from vitxplain.evaluation.report.html.examples import examples
from vitxplain.evaluation.report.html.markup import Markup, element, join
from vitxplain.evaluation.report.html.style import STYLE
from vitxplain.evaluation.report.html.tables import column_table, matrix
from vitxplain.evaluation.report.markdown import COMPARED, RESTS_ON
from vitxplain.evaluation.report.matrix import pooled_words, summary
from vitxplain.evaluation.table.comparison import strongest
from vitxplain.evaluation.table.verdicts import Verdict
from vitxplain.explanation.provenance import versions
from vitxplain.words import counted

TITLE: Final = "Which explanation can be believed?"
POLICY: Final = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"  # whatever a name may hold, nothing runs
COMPARISONS: Final = 12
NAMED: Final = 20  # things that were left out


@dataclass(frozen=True, eq=False)
class ReportPart:
    """What the page says of one data set.

    `about` is a line of what was evaluated, `files` lie beside the page and are linked; `sheets` are the pictures of
    the best and worst images as PNG files, by model and method.
    """

    evaluation: Evaluation
    about: str
    files: Sequence[str] = ()
    sheets: Mapping[tuple[str, str], bytes] = field(default_factory=dict, repr=False)


def report_page(parts: Mapping[str, ReportPart], command: str | None = None) -> str:
    """The page of one or several data sets, by their names; `command` is what was typed, if anything was."""
    several = len(parts) > 1
    about = "; ".join(part.about for part in parts.values())
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", about),
        element("style", Markup(STYLE)),
    )
    body = [element("h1", TITLE)]
    body += [element("p", about, class_="about")] if not several else []
    for name, part in parts.items():
        content = _part(name, part)
        body.append(
            element(
                "section", element("h2", f"On {name}"), element("p", part.about, class_="about"), content, class_="data"
            )
            if several
            else content
        )
    body.append(_origin(parts, command))
    return f"<!doctype html>\n{element('html', head, element('body', element('main', *body)), lang='en')}\n"


def _part(name: str, part: ReportPart) -> Markup:
    evaluation = part.evaluation
    rows = summary({name: evaluation})
    return join(
        _verdicts(evaluation),
        element("ul", *(element("li", note) for note in evaluation.notes), class_="notes")
        if evaluation.notes
        else None,
        element("h2", "Methods by metrics"),
        matrix(rows, evaluation.metrics),
        element("p", pooled_words({name: evaluation}).strip(), class_="key"),
        _curves(evaluation),
        examples(part.sheets, {verdict.model: verdict for verdict in evaluation.verdicts}),
        _comparisons(evaluation),
        _costs(evaluation),
        _left_out(evaluation),
        _not_tested(evaluation),
        _files(part.files),
    )


def _verdicts(evaluation: Evaluation) -> Markup:
    """A card for each model, and how well it knows the images."""
    by_model = {verdict.model: verdict for verdict in evaluation.verdicts}
    cards = [_card(model, by_model.get(model), evaluation) for model in evaluation.models]
    rests = element("p", RESTS_ON, class_="key") if by_model else None
    return join(element("div", *cards, class_="verdicts"), rests)


def _card(model: str, verdict: Verdict | None, evaluation: Evaluation) -> Markup:
    accuracy = evaluation.accuracies.get(model)
    knows = element("p", element("small", str(accuracy).removeprefix(f"{model}: "))) if accuracy else None
    if verdict is None:
        words: list[Markup] = [element("p", "No metric here says which method to take.")]
    else:
        words = [element("p", *_choice(verdict), class_="choice"), element("p", _reasons(verdict))]
    kind = "verdict take" if verdict and verdict.method and not verdict.few else "verdict"
    return element("div", element("h3", model), *words, knows, class_=kind)


def _choice(verdict: Verdict) -> tuple[Markup | str, ...]:
    """The method to take, the only one, or none."""
    only = verdict.methods[0].method if len(verdict.methods) == 1 else None
    if name := verdict.method or only:
        words = name if only else f"{name} looks best so far" if verdict.few else f"Take {name}"
        return sample(name, control=False), words
    return ("No method to take",)


def _reasons(verdict: Verdict) -> str:
    """The verdict's sentences without what stands above them."""
    text = str(verdict).removeprefix(f"{verdict.model} on {verdict.data}: ")
    rest = text
    for heading in (f"take {verdict.method}, which is ", f"{verdict.method} looks best so far: it is ", "take none, "):
        rest = rest.removeprefix(heading)
    return text if rest == text else f"{rest[:1].upper()}{rest[1:]}"


def _curves(evaluation: Evaluation) -> Markup | None:
    if not evaluation.curves:
        return None
    parts = [element("h2", "What the model says while pixels go or come")]
    for model in evaluation.models:
        controls = {scores.method: scores.control for scores in evaluation.method_scores if scores.model == model}
        pictures = []
        for name, metric in evaluation.metrics.items():
            of_metric = {
                method: curve
                for (of, method, metric_name), curve in evaluation.curves.items()
                if (of, metric_name) == (model, name)
            }
            if of_metric:
                pictures.append(curve_picture(name, metric.better, of_metric, controls))
        if pictures:
            parts += [element("h3", model), curve_key(controls), element("div", *pictures, class_="curves")]
    return join(*parts)


def _comparisons(evaluation: Evaluation) -> Markup | None:
    decided = [comparison for comparison in evaluation.comparisons if comparison.winner]
    if not evaluation.comparisons:
        return None
    shown = strongest(decided, COMPARISONS)
    total, those = len(evaluation.comparisons), f", {len(shown)} of them here" if len(shown) < len(decided) else ""
    counts = f"Of {counted(total, 'comparison')} {len(decided):,} are decided{those}; all are in evaluation.md."
    columns = comparison_columns(len(evaluation.models))
    return join(
        element("h2", "One against the other"),
        element("p", f"{counts} {COMPARED}", class_="key"),
        column_table(columns, shown, "One against the other") if shown else None,
    )


def _costs(evaluation: Evaluation) -> Markup | None:
    costs = evaluation.costs
    return join(element("h2", "Cost"), column_table(COST_COLUMNS, costs, "Cost")) if costs else None


def _left_out(evaluation: Evaluation) -> Markup | None:
    skipped = [f"skipped: {image}" for image in evaluation.skipped]
    texts = [*evaluation.left_out, *sentences(evaluation.failures), *skipped]
    if not texts:
        return None
    more = [f"and {len(texts) - NAMED:,} more, all in evaluation.md."] if len(texts) > NAMED else []
    return join(
        element("h2", "What was left out, and why"),
        element("ul", *(element("li", text) for text in [*texts[:NAMED], *more])),
    )


def _not_tested(evaluation: Evaluation) -> Markup | None:
    texts = evaluation.not_tested.sentences()
    listed = element("ul", *(element("li", text) for text in texts))
    return join(element("h2", "What was not tested"), listed) if texts else None


def _files(files: Sequence[str]) -> Markup | None:
    links = [element("li", element("a", file, href=quote(file))) for file in files]
    return join(element("h2", "Tables and pictures beside this page"), element("ul", *links)) if links else None


def _origin(parts: Mapping[str, ReportPart], command: str | None) -> Markup:
    """What was asked, and of which versions."""
    facts: dict[str, str] = {}
    for part in parts.values():
        fingerprint = part.evaluation.fingerprint
        data = fingerprint["data"]
        facts[f"data {data['name']}"] = _words({key: value for key, value in data.items() if key != "name"})
        for model, of_model in fingerprint["models"].items():
            facts[f"model {model}"] = _words(of_model or {})
        for methods in fingerprint["methods"].values():
            facts |= {f"method {name}": text for name, text in methods.items() if text != name}
        facts |= {f"metric {name}": repr(metric) for name, metric in part.evaluation.metrics.items()}
    facts["intervals"] = "95 %, bootstrap over images, percentile, 2,000 times"
    facts["versions"] = _words(versions())
    pairs = [
        part for name, text in facts.items() for part in (element("dt", name), element("dd", element("code", text)))
    ]
    return join(
        element("h2", "How it was made"),
        element("pre", element("code", command)) if command else None,
        element("dl", *pairs),
    )


def _words(facts: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {_value(value)}" for name, value in facts.items() if value is not None)


def _value(value: object) -> str:
    many = isinstance(value, Iterable) and not isinstance(value, str | Mapping)
    return "x".join(map(str, value)) if many else str(value)  # type: ignore[call-overload]
