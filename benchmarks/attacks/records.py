"""Section B, one record: what a maker or a source can write into it, read by the public functions of `pipelines`."""

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.attacks.places import SEED, Place
from benchmarks.hostile_records import NOW, attempt, bodies, raw_of
from benchmarks.mutations import originals
from flows.ingest.partitions import PackedPartitions, PartitionWriter
from pipelines.normalise.admit import admit
from pipelines.registry.slots import SLOTS
from pipelines.signing.keys import KeyRing, Signer
from pipelines.signing.verification import verify_passport
from schemas.crawl import CRAWL_LINE, AdmittedLine, QuarantinedLine
from schemas.listing import Listing, RawListing

LONGEST_S = 3.0  # of the processor's time, for one record that is a hundred times as large as others
MOST_MB = 300
LIMITS = "\n## Limitations\n\nThe model can hallucinate facts about birds. It may produce biased text.\n"
FRONT = "---\nlicense: mit\nlanguage: en\n---\n"
BAD_FRONTS = (
    'a: "\\UFFFFFFFF"\n', 'a: "\\U00110000"\n', "%YAML 99999999999999999999.1\n--- \na: b\n",
    "%YAML 999.999\n--- \na: b\n", 'a: "\\ud800"\n', 'a: "\\x"\n', "a: [\n",
    "a: *b\n", "!!python/object/apply:os.system [x]\n", "\x01\n", "&a a: *a\n", "a: " + "[" * 60 + "\n",
    "%TAG ! tag:x:\n--- \na: b\n", "? ? ? a\n",
    "a:\n" + "".join(f"{' ' * n}- \n" for n in range(60)),
)  # fmt: skip
HALF = '"\\ud800"'
DECLARED = (
    "base_model_relation", "license", "license_name", "language", "tags", "base_model", "library_name", "datasets",
)  # fmt: skip


def half_a_character_in_a_card(place: Place) -> list[str]:
    """A card declares half a character (U+D800) in each field in turn: the crawl file must hold what it counts."""
    came = place.measured(declared_halves)
    return [came.error] if came.error else list(came.gave)


def half_a_character_in_a_record(place: Place) -> list[str]:
    """Records of every source hold half a character in each of their texts in turn."""
    came = place.measured(halves)
    return [came.error] if came.error else list(came.gave)


def front_matter_that_hides_limits(place: Place) -> list[str]:
    """Front matter that no reader understands comes before stated limits: they are read, and the fault is counted."""
    came = place.measured(hidden_limits)
    return [came.error] if came.error else list(came.gave)


def card_of_one_paragraph(place: Place) -> list[str]:
    """A card of 520 kB is one paragraph of many lines, each a sentence against the model."""
    return _fast(place, "huggingface-card", FRONT + LIMITS + "It may hallucinate.\n" * 26_000)


def card_of_one_sentence(place: Place) -> list[str]:
    """A card of 520 kB is one sentence of short lines."""
    return _fast(place, "huggingface-card", FRONT + LIMITS + "may not\n" * 65_000)


def card_of_one_list(place: Place) -> list[str]:
    """A card of 520 kB is a list of many short items, and then a table."""
    rows = "- may fail\n" * 24_000 + "\n| a | b |\n|---|---|\n" + "| x | y |\n" * 25_000
    return _fast(place, "huggingface-card", FRONT + LIMITS + rows)


def hundred_thousand_parameters(place: Place) -> list[str]:
    """A record of OpenRouter names 100,000 parameters, and goes the whole way."""
    return _fast(place, "openrouter", {"supported_parameters": [f"parameter_{n}" for n in range(100_000)]})


def hundred_thousand_tags(place: Place) -> list[str]:
    """A repository of the Hub has 100,000 tags, and as many files, and goes the whole way."""
    files = [{"rfilename": f"{n}.bin"} for n in range(100_000)]
    return _fast(place, "huggingface", {"tags": [f"tag-{n}" for n in range(100_000)], "siblings": files})


def explained_refusals(place: Place) -> list[str]:
    """Passports that the contract refuses cost at most ten times as much as one that verifies."""
    came = place.measured(refusals)
    return (
        [came.error]
        if came.error
        else [f"{name}: {ratio:.0f} times a verification" for name, ratio in came.gave if ratio > 10]
    )


def spool_of_one_part(place: Place) -> list[str]:
    """Lines that came in one part are read slot by slot: that costs at most twenty times a reading at once."""
    found = []
    for kind in ("spool", "written"):
        came = place.measured(spooled, kind)
        found += [came.error] if came.error else [f"{kind}: {came.gave:.0f} times"] if came.gave > 20 else []
    return found


def _fast(place: Place, source: str, changes: str | dict[str, Any]) -> list[str]:
    """Take a record the whole way in a process of its own, which must bear it."""
    came = place.measured(whole_way, source, changes, limit_s=90)
    if came.error:
        return [came.error]
    cpu_s, slowest, wrong = came.gave
    found = [wrong] if wrong else []
    found += [f"took {cpu_s:.1f} s of the processor, most of it to {slowest}"] if cpu_s > LONGEST_S else []
    return [*found, *([f"took {came.peak_mb:.0f} MB"] if came.peak_mb > MOST_MB else [])]


def whole_way(source: str, changes: str | dict[str, Any]) -> tuple[float, str, str]:
    """Take a model's records the whole way, one of them changed: seconds, the slowest step, and what is wrong."""
    stated = bodies()
    attempt(stated)
    came = attempt(stated | {source: stated[source] | changes if isinstance(changes, dict) else changes})
    return came.cpu_s, came.slowest, came.wrong


def declared_halves() -> list[str]:
    """Name the fields in which half a character breaks the line of a crawl file."""
    found = []
    for key in DECLARED:
        card = f"---\nbase_model: a/b\n{key}: {HALF}\n---\n{LIMITS}"
        found += [f"{key}: {wrong}" for wrong in [written_line("huggingface-card", card)] if wrong]
    return found


def hidden_limits() -> list[str]:
    """Name the front matter that hides limits, or whose fault is counted nowhere."""
    clean, found = limits_of(FRONT + LIMITS), []
    assert clean
    for front in BAD_FRONTS:
        came = limits_of(f"---\n{front}---\n{LIMITS}")
        if came is None or came[0] != clean[0]:
            found.append(f"{front[:30]!r}: {'refused whole' if came is None else came[0]}, and not its limits"[:160])
        elif came[1] == clean[1]:
            found.append(f"{front[:30]!r}: its fault is counted nowhere")
    return found


def admitted(source: str, body: Any) -> bool:  # noqa: ANN401 - JSON
    """Admit a record; whether it was."""
    return isinstance(admit(_raw(source, body)), Listing)


def limits_of(card: str) -> tuple[list[str], str] | None:
    """The limits that are read of a card, and all else that its listing counts; None where it is refused."""
    listing = admit(_raw("huggingface-card", card))
    if not isinstance(listing, Listing):
        return None
    limits = sorted(fact.name for fact in listing.facts if fact.name.startswith("limit:"))
    left = {"facts", "results", "content_sha256", "name", "id", "slug", "url"}
    counted = json.dumps(listing.model_dump(mode="json", exclude=left))
    return limits, counted


def written_line(source: str, body: Any) -> str:  # noqa: ANN401 - JSON
    """Write a record's line as a crawl does, and read it back; what is wrong with that."""
    raw = _raw(source, body)
    judged = admit(raw)
    line = AdmittedLine(raw=raw, listing=judged) if isinstance(judged, Listing) else QuarantinedLine(quarantined=judged)
    try:
        return "" if CRAWL_LINE.validate_json(line.model_dump_json()) == line else "reads back as something else"
    except ValueError as error:
        return f"cannot be written: {error}"[:160]


def halves() -> list[str]:
    """Name the texts of records of every source in whose place half a character breaks the line of a crawl file."""
    found = []
    for source, body in bodies().items():
        for name in _texts(body) if isinstance(body, dict) else ():
            made = json.dumps(body, sort_keys=True).replace(json.dumps(name), HALF)
            found += [f"{source} {name!r}: {wrong}" for wrong in [written_line(source, made)] if wrong]
    return found


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [*value, *(text for below in value.values() for text in _texts(below))]
    if isinstance(value, list):
        return [text for below in value for text in _texts(below)]
    return [value] if isinstance(value, str) else []


def refusals() -> list[tuple[str, float]]:
    """How many times as much a refused document costs as one that verifies, by what is wrong with it."""
    original, keys = originals()[0], KeyRing([Signer(SEED).public_key])
    unfragile = original.document["passport"]["unfragile"]
    evidence, passport = unfragile["evidence"], original.document["passport"]
    changed = {
        "a wrong status": {"artifact": unfragile["artifact"] | {"status": "?"}},
        "a wrong last piece of evidence": {"evidence": [*evidence[:-1], evidence[-1] | {"method": "?"}]},
        "wrong evidence": {"evidence": [one | {"method": "?", "value": []} for one in evidence]},
        "wrong unknowns": {"unknowns": [{}]},
        "unknown keys": {f"k{n}": n for n in range(1000)},
        "wrong throughout": dict.fromkeys(unfragile),
    }
    documents = {name: {"passport": passport | {"unfragile": unfragile | made}} for name, made in changed.items()}
    documents |= {
        "a wrong version": {"passport": passport | {"version": "?"}},
        "wrong links": original.document | {"_links": 3},
    }

    def cost(document: dict[str, Any]) -> float:
        raw = json.dumps(document).encode()
        verify_passport(raw, keys=keys, at=NOW)
        return min(_took(lambda: verify_passport(raw, keys=keys, at=NOW)) for _ in range(5))

    least = cost(original.document)
    return [(name, cost(document) / least) for name, document in documents.items()]


def spooled(kind: str) -> float:
    """How many times as long as at once it takes to read 400 lines of one part slot by slot."""
    raw = _raw("openrouter", bodies()["openrouter"])
    listing = admit(raw)
    assert isinstance(listing, Listing)
    lines = [AdmittedLine(raw=raw, listing=listing.model_copy(update={"slug": f"heron-{n}"})) for n in range(400)]
    with tempfile.TemporaryDirectory() as folder:
        spool = PartitionWriter(Path(folder) / "spool", 1)
        for line in lines:
            spool.add(line.listing.slug, line.model_dump_json().encode())
        spool.close()
        written = PackedPartitions(Path(folder) / "written", 1)
        written.write(0, lines)
        source = spool if kind == "spool" else written
        at_once = _took(lambda: list(source.read()))
        return _took(lambda: [list(source.read(range(slot, slot + 1))) for slot in range(SLOTS)]) / at_once


def _took(work: Callable[[], object]) -> float:
    begun = time.thread_time()
    work()
    return time.thread_time() - begun


def _raw(source: str, body: Any) -> RawListing:  # noqa: ANN401 - JSON
    raw = raw_of(source, body)
    assert raw is not None
    return raw


ATTACKS = (
    half_a_character_in_a_card, half_a_character_in_a_record, front_matter_that_hides_limits, card_of_one_paragraph,
    card_of_one_sentence, card_of_one_list, hundred_thousand_parameters, hundred_thousand_tags, explained_refusals,
    spool_of_one_part,
)  # fmt: skip
