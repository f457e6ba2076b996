"""The demo's site in a real Chromium: found, filtered, shared, read, verified, and read without scripts."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser import AXE, CHROMIUM, Watched, publish_demo, serving, watching

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")]
KINDS = ["", "SLUG", "makers", "vocabulary", "status", "changes", "docs", "trust", "submit?claim=SLUG", "verify", "404"]
KINDS += ["compare?artifact=SLUG&artifact=OTHER", "capability/tool.use.integration.tool.calling", "maker/anthropic"]
PAGE_BUDGET, SITE_BUDGET = 100_000, 150_000
MOST_SHIFT = 0.02


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish_demo(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def slugs(store: Path) -> list[str]:
    return sorted(path.name for path in (store / "api/v1/passport").iterdir() if path.name.startswith("anthropic"))


@pytest.fixture(scope="module")
def address(store: Path) -> Iterator[str]:
    with serving(store) as found:
        yield found


@pytest.fixture
def watched(browser: Browser, address: str) -> Iterator[Watched]:
    with watching(browser, address) as found:
        yield found


def named(kind: str, slugs: list[str]) -> str:
    return kind.replace("SLUG", slugs[0]).replace("OTHER", slugs[1])


def test_a_model_is_found_filtered_shared_and_opened(watched: Watched, browser: Browser, address: str) -> None:
    page = watched.page
    page.goto(address)
    rows = page.locator("#rows tr")
    every = rows.count()
    page.fill("#q", "claude")
    expect(page.locator("#count")).to_contain_text(f"of {every} passports")
    found = rows.count()
    assert 0 < found < every
    page.select_option("#capability", label="tool calling")
    page.fill("#price", "20")
    page.select_option("#sort", "price")
    expect(page.locator("#count")).to_contain_text("passports")
    page.wait_for_url(lambda url: "sort=price" in url)
    wanted = rows.locator("a").all_inner_texts()
    shared = browser.new_page()
    shared.goto(page.url)
    expect(shared.locator("#q")).to_have_value("claude")
    expect(shared.locator("#rows a")).to_have_text(wanted)
    shared.close()
    rows.locator("a").first.click()
    expect(page.locator("h1")).to_contain_text(wanted[0])
    assert watched.errors == []


def test_the_table_is_sorted_by_the_head_of_a_column_which_says_so(watched: Watched, address: str) -> None:
    page = watched.page
    page.goto(address)
    head = page.locator("th[data-sort=score]")
    head.locator("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    page.wait_for_url(lambda url: "sort=score" in url)
    scores = [int(one) for one in page.locator("#rows tr td:nth-child(7)").all_inner_texts()]
    assert scores == sorted(scores, reverse=True)
    head.locator("button").click()
    expect(page.locator("[aria-sort]")).to_have_count(0)
    page.wait_for_url(lambda url: "sort" not in url)
    assert page.evaluate("window.shifted") < MOST_SHIFT
    assert watched.errors == []


def test_the_evidence_of_a_claim_is_one_click_away_and_leads_to_the_stored_record(
    watched: Watched, address: str, slugs: list[str]
) -> None:
    page = watched.page
    page.goto(f"{address}{slugs[0]}")
    evidence = page.locator("#capabilities details").first
    expect(evidence.locator("li").first).to_be_hidden()
    evidence.locator("summary").click()
    expect(evidence.locator("li").first).to_be_visible()
    expect(evidence.locator("li").first).to_contain_text("2026-04-22, record")
    evidence.locator("a[href*=sha256]").first.click()
    expect(page.locator("#record")).to_contain_text("recomputed here, and the same")
    expect(page.locator("#record mark")).to_have_text('"text"')
    expect(page.locator("#record mark")).to_be_in_viewport()
    page.goto(f"{page.url.partition('&at=')[0]}&at=bytes:2-4")
    expect(page.locator("#record mark")).to_have_text(re.compile(r"^[a-z]{2}$"))
    page.goto(f"{page.url.partition('&at=')[0]}&at=/not/there")
    expect(page.locator("#record dl")).to_be_visible()
    expect(page.locator("#record mark")).to_have_count(0)
    assert watched.errors == []


def test_a_page_verifies_its_passport_and_says_how_fresh_it_is(
    watched: Watched, address: str, slugs: list[str]
) -> None:
    page = watched.page
    page.goto(f"{address}{slugs[0]}")
    expect(page.locator("#verification")).to_contain_text("The signature is good")
    expect(page.locator("#verification .badge")).to_have_text("verified")
    expect(page.locator("[data-age]")).to_have_text("fresh")
    expect(page.locator(".recording")).to_contain_text("2026-04-22")
    assert watched.errors == []


def test_a_page_finds_its_evidence_again_in_the_stored_records(
    store: Path, watched: Watched, browser: Browser, address: str, slugs: list[str]
) -> None:
    page = watched.page
    page.goto(f"{address}{slugs[0]}")
    page.click("#verification button")
    expect(page.locator("#verification")).to_contain_text("were found again in the stored records")
    assert watched.errors == []
    part = next((store / "registry/sources/openrouter").iterdir())
    genuine = part.read_bytes()
    try:
        part.write_bytes(genuine[:-1] + b"\0")
        other = browser.new_page()  # which has not cached the file
        other.goto(f"{address}{slugs[0]}")
        other.click("#verification button")
        expect(other.locator("#verification")).to_contain_text("Verdict evidence_mismatch")
        other.close()
    finally:
        part.write_bytes(genuine)


def test_a_tampered_copy_is_refused_with_the_reason(
    store: Path, watched: Watched, address: str, slugs: list[str]
) -> None:
    page, copy = watched.page, store / "api/v1/passport" / slugs[1]
    genuine = copy.read_bytes()
    try:
        copy.write_bytes(genuine.replace(b'"score":', b'"score":1', 1))
        page.goto(f"{address}{slugs[1]}")
        expect(page.locator("#verification .badge")).to_have_text("not verified")
        expect(page.locator("#verification")).to_contain_text("Verdict")
    finally:
        copy.write_bytes(genuine)
    page.goto(f"{address}verify")
    page.fill("#document", genuine.decode())
    page.click("#check")
    expect(page.locator("#answer .badge")).to_have_text("verified")
    page.fill("#document", genuine.replace(b'"verified":false', b'"verified":true').decode())
    page.click("#check")
    expect(page.locator("#answer .badge")).to_have_text("not verified")
    expect(page.locator("#answer")).to_contain_text("bad_signature")


def test_passports_are_compared_differences_first(watched: Watched, address: str, slugs: list[str]) -> None:
    page = watched.page
    page.goto(address)
    page.locator("#rows input").nth(0).check()
    page.locator("#rows input").nth(1).check()
    page.click("#picked")
    expect(page.locator("table.compare thead a")).to_have_count(2)
    kinds = page.locator("table.compare tbody tr").evaluate_all("rows => rows.map((row) => row.className)")
    assert kinds == sorted(kinds)
    assert {"differs", "same"} == set(kinds)
    expect(page.locator("table.compare tbody th", has_text="fails")).to_have_text(["fails", "fails, all of them"])
    assert page.locator("table.compare td li").count() > 10
    page.goto(f"{address}compare?artifact={slugs[0]}&artifact=../../evil&artifact=not-there")
    expect(page.locator("#comparison")).to_contain_text("not-there: no such passport")
    assert page.locator("table.compare thead a").count() == 1


def test_the_state_of_the_registry_is_drawn(watched: Watched, address: str) -> None:
    page = watched.page
    page.goto(f"{address}status")
    bars = page.locator(".chart .series rect").evaluate_all(
        "all => all.map((one) => one.getBoundingClientRect().height)"
    )
    assert max(bars) > 20
    assert page.locator(".heat td.h5").count() > 0
    expect(page.locator("[data-source-age]").first).to_have_text("fresh")
    assert watched.errors == []


def test_without_a_script_everything_is_readable_and_nothing_looks_fresher_than_it_is(
    browser: Browser, address: str, slugs: list[str]
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    expect(page.locator("#finder")).to_be_hidden()
    assert page.locator("#rows a").count() > 10
    page.locator("#rows a").first.click()
    page.goto(f"{address}{slugs[0]}")
    expect(page.locator("#capabilities")).to_be_visible()
    expect(page.locator("[data-age]")).to_have_text("Judge by its dates")
    assert page.locator(".badge.fresh").count() == 0
    page.locator("#capabilities summary").first.click()
    expect(page.locator("#capabilities details li").first).to_be_visible()
    for kind in ("makers", "status", "changes", "compare"):
        page.goto(f"{address}{kind}")
        expect(page.locator("h1")).to_be_visible()
    context.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_is_light_and_stays_where_it_is(watched: Watched, address: str, slugs: list[str], kind: str) -> None:
    page = watched.page
    page.goto(f"{address}{named(kind, slugs)}")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.shifted") < MOST_SHIFT
    document = len(page.request.get(page.url).body())
    assert document < (SITE_BUDGET if kind == "" else PAGE_BUDGET)
    if kind == "":
        assert watched.bytes < SITE_BUDGET
    assert [one for one in watched.errors if kind != "404" or "404" not in one] == []
    if kind == "":
        page.fill("#q", "claude")
        page.wait_for_load_state("networkidle")
        assert page.evaluate("window.shifted") < MOST_SHIFT


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: make axe")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_no_kind_of_page_has_a_serious_fault_of_accessibility(
    browser: Browser, address: str, slugs: list[str], width: int, scheme: Any
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    faults = {}
    for kind in KINDS:
        page.goto(f"{address}{named(kind, slugs)}")
        page.wait_for_load_state("networkidle")
        page.evaluate(AXE.read_text("utf-8"))
        found = page.evaluate("axe.run().then(({ violations }) => violations)")
        serious = [
            f"{one['id']}: {node['html'][:160]} {json.dumps(node['any'][:1])[:200]}"
            for one in found
            if one["impact"] in {"serious", "critical"}
            for node in one["nodes"][:2]
        ]
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if serious or overflow > 0:
            faults[kind] = [*serious, f"{overflow} px too wide"]
    assert faults == {}
    context.close()


def test_a_page_is_worked_by_keyboard(watched: Watched, address: str) -> None:
    page = watched.page
    page.goto(address)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("opus")
    expect(page.locator("#count")).to_contain_text("of")
    page.wait_for_url(lambda url: "q=opus" in url)
