"""What several scenarios share: a Chromium of their own."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support.browser import chromium


@pytest.fixture(scope="module")
def browser(address: str) -> Iterator[Browser]:  # noqa: ARG001 - the site is published before
    """A Chromium that starts after the module's site is published: both run an event loop in this thread."""
    with chromium() as found:
        yield found
