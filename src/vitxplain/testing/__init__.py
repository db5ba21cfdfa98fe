"""What every method promises, as checks for the authors of plugins.

    import pytest
    from vitxplain.testing import CHECKS

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    def test_my_method_keeps_the_contract(check):
        check("my-method")  # a registered name, a class, or an instance with options that make it quick

`check_explainer("my-method")` runs them all. Without `model=` they use the small models of this package.
`pytest -vv` says why a check failed in its last lines, too.
"""

from vitxplain.testing.checks import CHECKS, check_explainer
from vitxplain.testing.models import tiny_cnn, tiny_deformable_detector, tiny_detector, tiny_vit

__all__ = ["CHECKS", "check_explainer", "tiny_cnn", "tiny_deformable_detector", "tiny_detector", "tiny_vit"]
