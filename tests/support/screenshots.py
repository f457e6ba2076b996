"""Makes the pictures of the site in docs/ from the demo: `python -m tests.support.screenshots`."""

import tempfile
from pathlib import Path
from typing import Literal, NamedTuple

from tests.support.browser import ROOT, chromium, publish_demo, serving

DOCS = ROOT / "docs"


class Shot(NamedTuple):
    """One picture: what is shown, and in which window."""

    name: str
    address: str
    width: int
    height: int
    scheme: Literal["light", "dark"]
    open: str = ""
    """Selector of what is clicked and brought into view first."""


SHOTS = (
    Shot("site-front", "", 1200, 780, "light"),
    Shot("site-passport", "anthropic-claude-opus-4.7", 1200, 860, "light"),
    Shot("site-evidence", "anthropic-claude-opus-4.7", 1200, 780, "dark", "#capabilities details >> nth=1"),
    Shot("site-compare", "compare?artifact=anthropic-claude-opus-4.7&artifact=openai-gpt-oss-120b", 1200, 780, "light"),
    Shot("site-phone", "qwen-qwq-32b", 390, 844, "dark"),
)


def main() -> None:
    """Publish the demo, serve it, and write every picture."""
    with tempfile.TemporaryDirectory() as folder:
        store = publish_demo(Path(folder))
        with serving(store) as address, chromium() as browser:
            for shot in SHOTS:
                context = browser.new_context(
                    viewport={"width": shot.width, "height": shot.height}, color_scheme=shot.scheme
                )
                page = context.new_page()
                page.goto(f"{address}{shot.address}")
                page.wait_for_load_state("networkidle")
                if shot.open:
                    page.locator(shot.open).locator("summary").click()
                    page.locator(shot.open).evaluate("one => window.scrollTo(0, one.offsetTop - 320)")
                page.screenshot(path=DOCS / f"{shot.name}.png")
                context.close()


if __name__ == "__main__":
    main()
