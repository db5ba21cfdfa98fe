"""The product shown on itself: both models in the box, every method that fits, beside the truth."""

import vitxplain.render  # noqa: F401 - before matplotlib, which may refuse the environment
