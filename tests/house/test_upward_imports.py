"""Imports inside functions that reach upwards, each by name: a convenience is a decision."""

from tests.house.modules import Import, imports, modules
from tests.house.test_contracts import CONTRACTS

UPWARD = {
    "vitxplain.assessment.assess:Assessment.save": {"vitxplain.assessment.files"},
    "vitxplain.evaluation.evaluation:Evaluation.records": {
        "vitxplain.evaluation.report.cells",
        "vitxplain.evaluation.report.columns",
    },
    "vitxplain.evaluation.evaluation:Evaluation.save": {"vitxplain.evaluation.report.write"},
    "vitxplain.explainers.base:AttentionExplainer.explain": {"vitxplain.explainers.passes.shared_pass"},
    "vitxplain.explainers.base:DecoderExplainer.explain": {"vitxplain.explainers.passes.shared_pass"},
    "vitxplain.explainers.base:LayerExplainer.explain": {"vitxplain.explainers.passes.shared_pass"},
    "vitxplain.explanation.explanation:Explanation._repr_html_": {"vitxplain.render.notebook"},
    "vitxplain.explanation.explanation:Explanation.inspect": {"vitxplain.inspect.live.of_explanation"},
    "vitxplain.explanation.explanation:Explanation.overlay": {"vitxplain.render.draw"},
    "vitxplain.explanation.explanation:Explanation.plot": {"vitxplain.render.draw"},
    "vitxplain.explanation.explanation:Explanation.__repr__": {"vitxplain.explanation.titles"},
    "vitxplain.explanation.explanation:Explanation.caption": {"vitxplain.explanation.titles"},
    "vitxplain.explanation.explanation:Explanation.save": {"vitxplain.explanation.storage"},
    "vitxplain.explanation.explanation:Explanation.to_dict": {"vitxplain.explanation.storage"},
    "vitxplain.explanation.explanation_list:ExplanationList._repr_html_": {"vitxplain.render.notebook"},
    "vitxplain.explanation.storage:_content": {"vitxplain.render.draw"},
    "vitxplain.models.vision_model:VisionModel.probe": {"vitxplain.models.stored_probes.finding"},
}


def test_each_exception_of_the_contracts_is_a_function_listed_here():
    pairs = {pair for contract in CONTRACTS if contract["id"] != "runs" for pair in contract["ignore_imports"]}
    upward = [statement for name in modules() for statement in imports(name) if _pair(statement) in pairs]
    listed = {(function, imported) for function, names in UPWARD.items() for imported in names}
    functions = {(f"{statement.importer}:{statement.inside}", statement.imported) for statement in upward}
    assert functions == listed, "an import that reaches upwards is a decision: turn it, or list it and say why"
    assert {_pair(statement) for statement in upward} == pairs, "an exception in pyproject.toml that nothing needs"


def test_none_of_them_is_at_the_top_of_a_module():
    assert all(function.split(":")[1] for function in UPWARD)


def _pair(statement: Import) -> str:
    return f"{statement.importer} -> {statement.imported}"
