"""What a browser remembers of a registry: an older generation that is put back is a rollback."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from flows.api.application import application
from flows.store.local import LocalStore
from pipelines.registry.layout import POINTER_KEY
from tests.support.api import opened
from tests.support.api import serving as serving_application
from tests.support.browser import CHROMIUM, Watched, chromium, watching
from tests.support.runs import NOON, Record, edited, refresh

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")]
QWEN = "qwen-qwq-32b"
SOON = NOON + timedelta(hours=1)


@pytest.fixture
def root(equipped: Path, few: list[Record]) -> Path:
    """A store of two generations; the pointer of the first is beside it."""
    root = equipped / "public"
    refresh(root, few)
    shutil.copy(root / POINTER_KEY, equipped / "first.json")
    refresh(root, edited(few, "openai/gpt-audio", context_length=4096), at=NOON + timedelta(minutes=30))
    return root


@pytest.fixture
def address(root: Path) -> Iterator[str]:
    store = LocalStore(root)
    with serving_application(application(store, lambda: opened(store), log=str)) as port:
        yield f"http://127.0.0.1:{port}/"


@pytest.fixture
def watched(address: str) -> Iterator[Watched]:
    """A page of a Chromium of its own, which starts after the generations of the test are published."""
    with chromium() as browser, watching(browser, address) as found:
        found.page.clock.set_fixed_time(SOON)
        yield found


def badge(page: Page, address: str) -> str:
    page.goto(f"{address}{QWEN}")
    expect(page.locator("#verification .badge")).to_be_visible()
    return page.locator("#verification .badge").inner_text()


def test_an_older_generation_than_this_browser_saw_is_a_rollback(watched: Watched, address: str, root: Path) -> None:
    page, newest = watched.page, (root / POINTER_KEY).read_bytes()
    assert badge(page, address) == "verified"
    shutil.copy(root.parent / "first.json", root / POINTER_KEY)
    assert badge(page, address) == "not verified"
    shown = page.locator("#verification")
    expect(shown).to_contain_text("An older state of this registry is served than this browser has verified before")
    expect(shown).to_contain_text("2 was seen before, on 2026-04-22")
    page.goto(f"{address}verify")
    page.fill("#document", (root / "api/v1/passport" / QWEN).read_text("utf-8"))
    page.click("#check")
    expect(page.locator("#answer")).to_contain_text("Verdict rollback")
    (root / POINTER_KEY).write_bytes(newest)
    assert badge(page, address) == "verified"
    expect(page.locator("#verification")).to_contain_text("has seen that generation before")
    assert watched.errors == []


def test_a_browser_that_saw_the_first_goes_on_to_the_second_and_remembers_it(
    watched: Watched, address: str, root: Path
) -> None:
    page, newest = watched.page, (root / POINTER_KEY).read_bytes()
    shutil.copy(root.parent / "first.json", root / POINTER_KEY)
    assert badge(page, address) == "verified"
    (root / POINTER_KEY).write_bytes(newest)
    assert badge(page, address) == "verified"
    expect(page.locator("#verification")).to_contain_text("saw generation 1 before")
    shutil.copy(root.parent / "first.json", root / POINTER_KEY)
    assert badge(page, address) == "not verified"


def test_another_history_is_an_equivocation_and_can_be_forgotten(watched: Watched, address: str) -> None:
    page = watched.page
    assert badge(page, address) == "verified"
    page.evaluate(
        """() => { const name = Object.keys(localStorage)[0], seen = JSON.parse(localStorage[name]);
        localStorage[name] = JSON.stringify({ ...seen, snapshotSha256: "0".repeat(64) }); }"""
    )
    assert badge(page, address) == "not verified"
    expect(page.locator("#verification")).to_contain_text("another history than this browser has verified before")
    page.get_by_role("button", name="Forget generation 2").click()
    expect(page.locator("#verification .badge")).to_have_text("verified")
    assert badge(page, address) == "verified"


@pytest.mark.parametrize("entry", ["", "{", "null", '{"generation": "9", "snapshotSha256": 1}'])
def test_a_damaged_memory_is_none(watched: Watched, address: str, entry: str) -> None:
    page = watched.page
    assert badge(page, address) == "verified"
    page.evaluate("entry => { localStorage[Object.keys(localStorage)[0]] = entry; }", entry)
    assert badge(page, address) == "verified"
    assert "snapshotSha256" in page.evaluate("localStorage[Object.keys(localStorage)[0]]")
    assert watched.errors == []


def test_what_another_registry_served_says_nothing_about_this_one(watched: Watched, address: str) -> None:
    page = watched.page
    page.goto(address)
    page.evaluate(
        """address => { localStorage[`passports-seen ${address} another-key`] =
        JSON.stringify({ generation: 9, snapshotSha256: "0".repeat(64) }); }""",
        address,
    )
    assert badge(page, address) == "verified"
