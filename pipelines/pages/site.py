"""What all pages of a site share: its issuer, its address, and the time by which a recording is judged."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from pipelines.passport.links import Issuer
from pipelines.registry.layout import PAGE_POLICY


class Site(NamedTuple):
    """What all pages of a site share."""

    issuer: Issuer
    recorded_at: str | None = None
    """Time by which pages of a recording judge freshness, as the demo's do; None: by the reader's clock."""

    @property
    def name(self) -> str:
        """Name of the issuer."""
        return self.issuer.name

    @property
    def policy(self) -> str:
        """The Content-Security-Policy of its pages."""
        return PAGE_POLICY

    def address(self, key: str) -> str:
        """Public address of a page."""
        return f"{self.issuer.base_url}/{'' if key == 'index.html' else key}"

    def json_ld(self, value: Mapping[str, Any]) -> str:
        """Return JSON for a script element, which nothing in it can end."""
        text = orjson.dumps(value).decode()
        return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
