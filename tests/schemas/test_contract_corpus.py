"""The judges agree on every good and every spoilt document, and a refusal names the place."""

import pytest

from pipelines.signing.contract import conforms
from tests.support.contract import corpus, corpus_additions
from tests.support.contract.documents import full, minimal
from tests.support.contract.judges import ALL_ACCEPT, ALL_REFUSE, explain, models_accept, verdicts
from tests.support.contract.mutations import Document, Spoiling, put
from tests.support.recordings import sample_passport

A, M, T, U = corpus.A, corpus.M, corpus.T, corpus.U
D = corpus_additions.D

LONGEST_REASON = 400


def id_of(spoiling: Spoiling) -> str:
    return spoiling.name


def assert_refused(spoiling: Spoiling, document: Document) -> None:
    spoilt = spoiling.of(document)
    refusals = explain(spoilt)
    assert (conforms(spoilt), models_accept(spoilt)) == (False, False)
    assert spoiling.place in [refusal.pointer for refusal in refusals]
    assert all(len(refusal.reason) <= LONGEST_REASON for refusal in refusals)


@pytest.mark.parametrize("document", [minimal(), full()], ids=["minimal", "full"])
def test_good_documents_are_accepted_by_all(document: Document) -> None:
    assert verdicts(document) == ALL_ACCEPT


@pytest.mark.parametrize("spoiling", corpus.SPOILINGS, ids=id_of)
def test_fault_of_the_common_shape_is_refused_by_all(spoiling: Spoiling) -> None:
    assert_refused(spoiling, minimal())


@pytest.mark.parametrize("spoiling", corpus_additions.SPOILINGS, ids=id_of)
def test_fault_of_an_addition_is_refused_by_all(spoiling: Spoiling) -> None:
    assert_refused(spoiling, full())


@pytest.mark.parametrize("spoiling", corpus.SPOILINGS, ids=id_of)
def test_published_passport_is_refused_spoilt(spoiling: Spoiling) -> None:
    assert_refused(spoiling, sample_passport())


def test_published_passport_is_accepted_unchanged() -> None:
    assert verdicts(sample_passport()) == ALL_ACCEPT


def test_corpus_is_as_large_as_promised_and_names_each_fault_once() -> None:
    names = [spoiling.name for spoiling in corpus.SPOILINGS + corpus_additions.SPOILINGS]
    assert len(corpus.SPOILINGS) >= 60
    assert len(corpus_additions.SPOILINGS) >= 40
    assert len(set(names)) == len(names)


VARIATIONS = (
    put("score spelt 24.0", f"{T}/score", 24.0),
    put("score spelt -0.0", f"{T}/score", -0.0),
    put("envelope version spelt 1.0", f"{corpus.P}/version", 1.0),
    put("component spelt 1.0", f"{T}/rank_breakdown/quality", 1.0),
    put("no capabilities", f"{U}/capabilities", []),
    put("free prompt of a paid model", f"{A}/pricing/starting_price", "$0.00e+0 per prompt token"),
    put("price of a dollar", f"{A}/pricing/starting_price", "$1.00e+0 per prompt token"),
    put("price unknown", f"{A}/pricing/starting_price", None),
    put("name with edge spaces and a right-to-left letter", f"{A}/name", " \u05d0\u200b "),
    put("address of a replay server", f"{A}/url", "http://127.0.0.1:8900/openrouter/models?limit=5#top"),
    put("last commit known", f"{M}/last_commit", "2024-02-29T23:59:59.999Z"),
)
VARIATIONS_OF_ADDITIONS = (
    put("cut-off on a day", f"{D}/knowledge_cutoff", "2024-02-29"),
    put("cut-off unknown", f"{D}/knowledge_cutoff", None),
    put("largest exact count", f"{D}/context_tokens", 2**53 - 1),
    put("uptime of 100", f"{D}/providers/0/uptime_percent", "100.00"),
    put("uptime of 0", f"{D}/providers/0/uptime_percent", "0"),
    put("price of a third", f"{D}/prices/0/usd", "0.0000000208333333333333"),
    put("both conditions", f"{D}/prices/1/when", {"min_prompt_tokens": 1, "utc_start": 0, "utc_end": 2400}),
    put("value is false", f"{corpus_additions.STRUCTURED}/value", False),
    put("no conflicts", f"{U}/conflicts", []),
)


@pytest.mark.parametrize("variation", VARIATIONS, ids=id_of)
def test_variation_of_the_common_shape_is_accepted_by_all(variation: Spoiling) -> None:
    assert verdicts(variation.of(minimal())) == ALL_ACCEPT


@pytest.mark.parametrize("variation", VARIATIONS + VARIATIONS_OF_ADDITIONS, ids=id_of)
def test_variation_of_a_full_passport_is_accepted_by_all(variation: Spoiling) -> None:
    assert verdicts(variation.of(full())) == ALL_ACCEPT


@pytest.mark.parametrize("left_out", [["_links"], ["_log"], ["_links", "_log"]])
def test_what_is_not_signed_may_be_left_out_as_in_the_stored_object(left_out: list[str]) -> None:
    document = full()
    for name in left_out:
        del document[name]
    assert verdicts(document) == ALL_ACCEPT


@pytest.mark.parametrize("root", [None, [], {}, "passport", 1, True], ids=repr)
def test_root_that_is_no_document_is_refused_by_all(root: object) -> None:
    assert verdicts(root) == ALL_REFUSE
