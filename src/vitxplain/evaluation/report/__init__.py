"""The table as people and programs read it: terminal, Markdown, CSV, JSON, pictures."""

import vitxplain.render  # noqa: F401 - before matplotlib, which may refuse the environment
