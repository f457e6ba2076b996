"""Lists what no source states of a model although a buyer needs it, and how much of that is stated."""

from typing import Any

from pipelines.enrich.evidence import Document
from pipelines.merge.subject import Subject
from pipelines.normalise.huggingface.vocabulary import PIPELINE_TAGS
from pipelines.normalise.openrouter.vocabulary import OUTPUT_MODALITIES
from pipelines.normalise.prices import unpriced_outputs
from schemas.sources import HUB

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

DOES = frozenset(
    [*(f"output:{word}" for word in OUTPUT_MODALITIES), *(f"task:{word}" for word in PIPELINE_TAGS)]
) - {"task:other", "task:biology"}  # fmt: skip
"""All facts that say what a model does."""

PRICES, LEAST_PRICE = "/artifact/model/prices", "/artifact/pricing/starting_price"
"""What is expected of an offer: its prices; or a starting price, where the stated prices leave out what it makes."""

WITHHELD = ("/artifact/model/licence", "/trust/community/model_downloads", "/trust/community/model_likes")
"""What the Hub would state if it showed the repository that a listing names; it is private or does not exist."""

_AT = {path: tuple(path.split("/")[1:]) for path in (*SOUGHT, LEAST_PRICE)}


def expected_facts(subject: Subject) -> tuple[str, ...]:
    """The paths that are expected of a model, by whether it is sold or given away, and by what it does with text."""
    unasked = set(OF_SELLERS) if subject.primary.source == HUB else set()
    if not subject.stated.isdisjoint(DOES):
        unasked |= set(OF_READERS) if subject.stated.isdisjoint(READS) else set()
        unasked |= set(OF_WRITERS) if subject.stated.isdisjoint(WRITES) else set()
    price = LEAST_PRICE if unpriced_outputs(subject.primary) else PRICES
    return tuple(price if path == PRICES else path for path in SOUGHT if path not in unasked)


def unknowns(artifact: Document, trust: Document, subject: Subject) -> list[Document]:
    """List the expected values that no source states, with the reason and the sources of the passport."""
    sources = list(dict.fromkeys(listing.source for listing in subject.listings()))
    withheld = WITHHELD if "repository_missing" in subject.claims else ()
    blocks = {"artifact": artifact, "trust": trust}
    return [
        {"path": path, "reason": "withheld" if path in withheld else "not_stated", "sources": sources}
        for path in expected_facts(subject)
        for block, part, key in (_AT[path],)
        if not _says(blocks[block][part][key])
    ]


def coverage(subject: Subject, unknown: list[Document]) -> Document:
    """How many of the expected values are stated."""
    of = len(expected_facts(subject))
    return {"stated": of - len(unknown), "of": of}


def _says(value: Any) -> bool:  # noqa: ANN401 - any part of a passport
    return value is not None and value not in ([], ())
