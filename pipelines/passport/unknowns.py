"""Lists what no source states of a model although a buyer needs it, and how much of that is stated."""

from typing import Any

from pipelines.enrich.evidence import Document, from_claim
from pipelines.merge.subject import Subject
from pipelines.normalise.prices import unpriced_outputs
from schemas.sources import ENDPOINTS, HUB, SELLER

SOUGHT = (
    "/artifact/model/licence",
    "/artifact/model/open_weights",
    "/artifact/model/huggingface_id",
    "/artifact/model/context_tokens",
    "/artifact/model/max_output_tokens",
    "/artifact/model/input_modalities",
    "/artifact/model/output_modalities",
    "/artifact/model/parameters",
    "/artifact/model/knowledge_cutoff",
    "/artifact/model/released_on",
    "/artifact/model/prices",
    "/artifact/model/providers",
    "/trust/community/model_downloads",
    "/trust/community/model_likes",
)
"""What a buyer needs to know. What nobody states of it is an unknown; the share that is stated is the coverage."""

OF_SELLERS = ("/artifact/model/parameters", "/artifact/model/prices", "/artifact/model/providers")
"""What only a seller can state: weights that are given away on the Hub need no price."""

OF_READERS = ("/artifact/model/context_tokens",)
OF_WRITERS = ("/artifact/model/max_output_tokens", "/artifact/model/knowledge_cutoff")
"""What is expected of a model that reads text, and of one that writes it: a robot's model has no knowledge cut-off."""

WRITES = frozenset(
    [
        "output:text", "task:any-to-any", "task:audio-text-to-text", "task:conversational",
        "task:document-question-answering", "task:image-text-to-text", "task:image-to-text", "task:summarization",
        "task:table-to-text", "task:tabular-to-text", "task:text-generation", "task:text2text-generation",
        "task:translation", "task:video-text-to-text", "task:visual-question-answering",
    ]
)  # fmt: skip
READS = WRITES | {
    "output:embeddings", "output:rerank", "task:feature-extraction", "task:fill-mask", "task:question-answering",
    "task:sentence-similarity", "task:table-question-answering", "task:text-classification", "task:text-ranking",
    "task:text-retrieval", "task:token-classification", "task:visual-document-retrieval",
    "task:zero-shot-classification",
}  # fmt: skip
"""Outputs and tasks of models that write text, and of those that read text of some length."""

WORK = ("output", "task")
"""Groups of facts that say what a model does."""

VAGUE = frozenset(["task:other", "task:biology"])
"""Tasks that do not say what a model does."""

PRICES, LEAST_PRICE = "/artifact/model/prices", "/artifact/pricing/starting_price"
"""What is expected of an offer: its prices; or a starting price, where the stated prices leave out what it makes."""

SOUGHT_UNPRICED = tuple(LEAST_PRICE if path == PRICES else path for path in SOUGHT)

WITHHELD = ("/artifact/model/licence", "/trust/community/model_downloads", "/trust/community/model_likes")
"""What the Hub would state if it showed the repository that a listing names; it is private or does not exist."""

OF_WEIGHTS = (
    "/artifact/model/licence", "/artifact/model/huggingface_id",
    "/trust/community/model_downloads", "/trust/community/model_likes",
)  # fmt: skip
"""What is true of weights that are given away, and does not apply where they are closed."""

OF_ONE_MODEL = (
    *OF_WEIGHTS, "/artifact/model/open_weights", "/artifact/model/knowledge_cutoff", "/artifact/model/prices",
    "/artifact/model/providers",
)  # fmt: skip
"""What does not apply to a router, which has no weights, training data, price or provider of its own."""

ROUTERS = frozenset(["router", "routed_price", "described:model routing"])
"""Facts that say that a listing passes requests on to other models."""

OF_THE_HUB = (
    "/artifact/model/licence", "/artifact/model/open_weights",
    "/trust/community/model_downloads", "/trust/community/model_likes",
)  # fmt: skip
"""What a repository that a listing names would state, if the Hub were asked for it."""

BESIDE = ("not_applicable", "cut_off")
"""Reasons of unknowns that no coverage counts: what does not apply, and what is not sought."""

CUT_OFF = "description_truncated"
"""Fact that a description ends in the middle, so that limits which it may state after that are not known."""

LIMITS = "/trust/failure_modes"

_AT = {path: tuple(path.split("/")[1:]) for path in (*SOUGHT, LEAST_PRICE)}


def sought_facts(subject: Subject) -> tuple[str, ...]:
    """The paths that a buyer asks for, whether or not they apply to the model."""
    return SOUGHT_UNPRICED if unpriced_outputs(subject.primary) else SOUGHT


def inapplicable_paths(subject: Subject) -> frozenset[str]:
    """The paths that do not apply to a model: by whether it is sold or given away, and by what it does with text."""
    found = set(OF_SELLERS) if subject.primary.source == HUB else set()
    if not subject.stated.isdisjoint(ROUTERS):
        found |= {*OF_ONE_MODEL}
    elif subject.value("open_weights") is False and "hugging_face_id" not in subject.claims:
        found |= {*OF_WEIGHTS}
    if _work_is_known(subject):
        found |= set(OF_READERS) if subject.stated.isdisjoint(READS) else set()
        found |= set(OF_WRITERS) if subject.stated.isdisjoint(WRITES) else set()
    return frozenset(found)


def unknowns(artifact: Document, trust: Document, subject: Subject, inapplicable: frozenset[str]) -> list[Document]:
    """List the values that a buyer asks for and no source states, with the reason and the sources of the passport.

    `inapplicable` are the paths that do not apply to the model. Where nobody was asked, the sources are those that
    would state it.
    """
    asked = tuple(dict.fromkeys(listing.source for listing in subject.listings()))
    reasons, cut = _reasons(subject, asked, inapplicable), subject.claims.get(CUT_OFF)
    beyond = [{"path": LIMITS, "reason": "cut_off", "sources": (cut.listing.source,)}] if cut else []
    blocks = {"artifact": artifact, "trust": trust}
    return [
        {"path": path, **reasons.get(path, {"reason": "not_stated", "sources": asked})}
        for path in sought_facts(subject)
        for block, part, key in (_AT[path],)
        if not _says(blocks[block][part][key])
    ] + beyond


def unknown_evidence(subject: Subject) -> list[Document]:
    """Evidence that a text is cut off, so that limits may be missing: its last words."""
    cut = subject.claims.get(CUT_OFF)
    return [from_claim(LIMITS, cut)] if cut else []


def _reasons(subject: Subject, asked: tuple[str, ...], inapplicable: frozenset[str]) -> dict[str, Document]:
    """Path → why it would not be stated, with the sources, where that is more than silence."""
    found: dict[str, Document] = {}
    if subject.primary.source == SELLER and ENDPOINTS not in asked:
        found["/artifact/model/providers"] = {"reason": "not_asked", "sources": (ENDPOINTS,)}
    if "hugging_face_id" in subject.claims and HUB not in asked:
        found |= {path: {"reason": "not_asked", "sources": (HUB,)} for path in OF_THE_HUB}
    if "repository_missing" in subject.claims:
        found |= {path: {"reason": "withheld", "sources": asked} for path in WITHHELD}
    return found | {path: {"reason": "not_applicable", "sources": asked} for path in inapplicable}


def coverage(subject: Subject, unknown: list[Document], inapplicable: frozenset[str]) -> Document:
    """How many of the values that apply to a model are stated."""
    of = len({*sought_facts(subject)} - inapplicable)
    sought = [one for one in unknown if one["reason"] not in BESIDE]
    return {"stated": of - len(sought), "of": of}


def _work_is_known(subject: Subject) -> bool:
    """Whether a record states what the model does, in a word that its reader knows."""
    named = {f"{group}:{item}" for group in WORK for item in subject.items(group)}
    stated = (named & subject.stated) - VAGUE
    return not all(any(name in listing.unfamiliar for listing in subject.listings()) for name in stated)


def _says(value: Any) -> bool:  # noqa: ANN401 - any part of a passport
    return value is not None and value not in ([], ())
