"""Fixtures of the tests that name images."""

from tests.photo_folder import photos  # noqa: F401 - a fixture
