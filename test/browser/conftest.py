"""A browser for the tests of this folder."""

import pytest

from browser import chromium


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """A Chromium that all tests share; each opens pages of its own."""
    with chromium(tmp_path_factory.mktemp("chromium")) as running:
        yield running
