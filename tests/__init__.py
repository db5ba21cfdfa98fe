"""Tests, in the folders of `src/vitxplain`; `tests.oracles` holds the slow loops written from the papers."""
