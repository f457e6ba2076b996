"""Makes hostile records and runs all steps of the pipeline on them: half of `benchmarks.mutations`.

The records are of one invented model, from every source (tests/sources); in each attempt one or two of them are made
hostile. All go through the steps of `pipelines/order.py`, and a line of a crawl file, to a signed passport that is
verified and audited against its records.
"""

import hashlib
import json
import random
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.hostile_cards import hostile_card
from benchmarks.spoiling import spoiled
from pipelines.audit.mismatches import mismatches
from pipelines.formats.text import clean
from pipelines.merge.gather import gather
from pipelines.merge.joins import Joined, joins_of
from pipelines.normalise.admit import admit
from pipelines.order import Issuance, Issued, make
from pipelines.passport.document import IssueContext
from pipelines.passport.links import Issuer
from pipelines.rules.gates import default_gates
from pipelines.signing.keys import KeyRing, Signer
from pipelines.signing.verification import verify_passport
from schemas.crawl import CRAWL_LINE, AdmittedLine, QuarantinedLine
from schemas.listing import Listing, Quarantined, RawListing
from spiders.openrouter.spider import LISTING_ID

SEEN = "2026-07-01T09:00:00.000Z"
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
SIGNER = Signer(bytes(range(32)))
KEYS = KeyRing([SIGNER.public_key])
TERMS = IssueContext(Issuer("unfragile.ai", "https://unfragile.ai"), default_gates(), NOW, SIGNER.key_id)
TEXTS = ("huggingface-card", "huggingface-licence")
ANSWERS = Path(__file__).resolve().parents[1] / "tests/sources"


class Came(NamedTuple):
    """The result of one attempt."""

    outcome: str
    """"passport", or "quarantined: STAGE"."""
    cpu_s: float
    slowest: str
    """The step that took the most processor time."""
    wrong: str
    """Which promise was broken; empty when none was."""


def bodies() -> dict[str, Any]:
    """Return source → its record or text of the model."""
    stated = {
        folder.name: json.loads((folder / "answers.json").read_text("utf-8"))["answers"] for folder in ANSWERS.iterdir()
    }
    hub, seller = stated["huggingface"], stated["openrouter"]
    name, listing = "HeronLab/Heron-7B", "heron-lab/heron-7b"
    card = hub[f"/{name}/resolve/main/README.md"]
    return {
        "openrouter": seller["/api/v1/models"]["data"][0],
        "openrouter-endpoints": seller[f"/api/v1/models/{listing}/endpoints"]["data"],
        "huggingface": hub[f"/api/models/{name}"],
        "huggingface-card": f"{card}\nThe code: https://github.com/heron-lab/heron\n",
        "huggingface-licence": hub[f"/{name}/resolve/main/LICENSE"],
        "modelsdev": {
            "openrouter": {"models": {listing: stated["modelsdev"]["/api.json"]["openrouter"]["models"][listing]}}
        },
        "github": stated["github"]["/repos/heron-lab/heron"],
    }


IDS = {
    "openrouter": "heron-lab/heron-7b", "openrouter-endpoints": "heron-lab/heron-7b",
    "huggingface": "HeronLab/Heron-7B",
    "huggingface-card": "HeronLab/Heron-7B", "huggingface-licence": "HeronLab/Heron-7B",
    "modelsdev": "openrouter/heron-lab/heron-7b", "github": "heron-lab/heron",
}  # fmt: skip


NAMED_BY = {"openrouter": "id", "huggingface": "id", "github": "full_name"}
"""Source → the field of its record that is the record's id."""


def raw_of(source: str, stated: Any) -> RawListing | None:  # noqa: ANN401 - JSON can be anything
    """Return a record as its spider passes it on; None if the spider refuses it, for its id or its encoding."""
    name = stated.get(NAMED_BY[source]) if source in NAMED_BY and isinstance(stated, dict) else IDS[source]
    if (
        not name
        or not isinstance(name, str)
        or (source in ("huggingface", "github") and not LISTING_ID.fullmatch(name))
    ):
        return None
    body = stated if isinstance(stated, str) else json.dumps(stated, sort_keys=True, ensure_ascii=False)
    try:
        encoded = body.encode()
    except UnicodeEncodeError:
        return None
    digest = hashlib.sha256(encoded).hexdigest()
    url = f"https://{source}.example/{IDS[source]}"
    return RawListing(source=source, id=name, url=url, observed_at=SEEN, body=body, content_sha256=digest)


def hostile(chance: random.Random) -> dict[str, Any]:
    """Return source → record, with one or two of them made hostile."""
    stated = bodies()
    for source in chance.sample(list(stated), 1 + (chance.random() < 0.1)):
        if source in TEXTS:
            stated[source] = hostile_card(stated[source], chance)
        else:
            made = spoiled(stated[source], chance)
            stated[source] = spoiled(made, chance) if made and chance.random() < 0.3 else made
    return stated


class _Watch:
    """Measures the processor time of each step."""

    def __init__(self) -> None:
        self.began = self.last = time.thread_time()
        self.steps: dict[str, float] = {}

    def step(self, name: str) -> None:
        """Note that a step has ended."""
        now = time.thread_time()
        self.steps[name] = self.steps.get(name, 0.0) + now - self.last
        self.last = now

    @property
    def slowest(self) -> str:
        """The step that took longest so far."""
        return max(self.steps, key=lambda name: self.steps[name]) if self.steps else "the first step"


def attempt(stated: dict[str, Any]) -> Came:
    """Run all steps on the records of the sources, and judge the result."""
    watch = _Watch()
    try:
        outcome, wrong = _way(stated, watch)
    except Exception as error:  # noqa: BLE001 - an attempt looks for exceptions
        place = error.__traceback__
        while place and place.tb_next:
            place = place.tb_next
        at = f"{Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}" if place else ""
        outcome, wrong = "raised", f"raised {type(error).__name__} at {at} after {watch.slowest}: {error}"[:300]
    return Came(outcome, time.thread_time() - watch.began, watch.slowest, wrong)


def _way(stated: dict[str, Any], watch: _Watch) -> tuple[str, str]:
    raws = [raw for source, body in stated.items() if (raw := raw_of(source, body))]
    listings, refused = [], []
    watch.step("raw")
    for raw in raws:
        judged = admit(raw)
        watch.step(f"admit {raw.source}")
        line = (
            QuarantinedLine(quarantined=judged)
            if isinstance(judged, Quarantined)
            else AdmittedLine(raw=raw, listing=judged)
        )
        if CRAWL_LINE.validate_json(line.model_dump_json()) != line:
            return "raised", f"{raw.source}: the line of the crawl file reads back as something else"
        watch.step("line")
        (refused if isinstance(judged, Quarantined) else listings).append(judged)
    joins = joins_of(listings)
    own = [one for one in listings if any(placed.by == "own" for placed in joins.passports_of(one))]
    joined = [placed for one in listings for placed in joins.passports_of(one) if placed.by != "own"]
    watch.step("join")
    return _passports(raws, own, joined, refused, watch)


def _passports(
    raws: list[RawListing], own: list[Listing], joined: list[Joined], refused: list[Quarantined], watch: _Watch
) -> tuple[str, str]:
    outcome = f"quarantined: {refused[0].stage}" if refused else ""
    wrong = "" if all(one.reason for one in refused) else "quarantined without a reason"
    for subject in gather(own, joined=joined).subjects:
        watch.step("gather")
        made = make(subject, None, Issuance(TERMS, SIGNER, KEYS, 1))
        watch.step("make")
        if not isinstance(made, Issued):
            return f"quarantined: {made.stage}", wrong if getattr(made, "reason", "") else "refused without a reason"
        finding, passport = verify_passport(made.document, keys=KEYS, at=NOW)
        watch.step("verify")
        if passport is None or not finding.verdict.good:
            return "passport", f"a signed passport does not verify: {finding.verdict} {finding.reason}"[:300]
        unproved = mismatches(passport, raws, gates=TERMS.gates)
        watch.step("prove")
        if unproved:
            return "passport", f"not proved by its records: {unproved[0].path} {unproved[0].reason}"[:300]
        wrong = wrong or odd_text(passport["unfragile"])
        outcome = outcome or "passport"
    return outcome or "put aside by its spider", wrong


ADDRESSES = {"url", "page_url", "huggingface_id", "repository", "terms_url", "source_url"}
"""Keys whose texts are, or become, addresses; all other text is quoted and never followed."""


def odd_text(value: Any, at: str = "") -> str:  # noqa: ANN401 - JSON can be anything
    """Return a sentence on a text of a passport with unsafe characters or an address that is script, else empty."""
    if isinstance(value, dict):
        return next((found for key, below in value.items() if (found := odd_text(below, f"{at}/{key}"))), "")
    if isinstance(value, list):
        return next((found for n, below in enumerate(value) if (found := odd_text(below, f"{at}/{n}"))), "")
    if not isinstance(value, str):
        return ""
    if at.rpartition("/")[2] in ADDRESSES and value.lower().startswith("javascript:"):
        return f"{at} is signed as {value[:60]!r}"
    return f"{at} is signed with characters that disguise" if clean(value) != value else ""
