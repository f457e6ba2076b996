"""Reads the tags of a repository on the Hub: its licence, languages, base models, and uses."""

import re
from collections.abc import Iterator
from typing import Final

from pipelines.normalise.facts import CALLED_UNCENSORED
from pipelines.normalise.huggingface.spellings import licence_facts, licence_id
from pipelines.normalise.huggingface.stated_licence import UNCLEAR
from pipelines.normalise.huggingface.vocabulary import LANGUAGE_TAGS, TOLD_TAGS
from pipelines.normalise.refusals import called_uncensored
from schemas.listing import Fact

MOST_BASE_MODELS: Final = 20
"""Most base models that are retained; a merge of more says little about each."""

REPOSITORY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9._-]+)?\Z")
"""A repository's id; the oldest repositories have no owner in it."""

_LICENCE: Final = "license:"
_BASE_MODEL: Final = "base_model:"


def tagged_licence(tags: list[str]) -> list[Fact]:
    """Facts of the licence that the Hub took over from the card, by its first licence tag."""
    stated = next(_licence_facts(tags, "licence"), None)
    if stated is None:
        return []
    value = licence_id(str(stated.value))
    if value is None:
        return [stated._replace(name=UNCLEAR)]
    return list(licence_facts(value, stated.locator, str(stated.as_stated), "structured"))


def licence_tag(tags: list[str], declared: frozenset[str]) -> Fact | None:
    """The first licence that the tags name; None where they name none, or one that the card declares too."""
    found = list(_licence_facts(tags, "licence_tag"))
    named = [licence_id(str(fact.value)) or str(fact.value).lower() for fact in found]
    return found[0] if found and declared.isdisjoint(named) else None


def _licence_facts(tags: list[str], name: str) -> Iterator[Fact]:
    for place, tag in enumerate(tags):
        if tag.startswith(_LICENCE) and len(tag) > len(_LICENCE):
            yield Fact(name, tag.removeprefix(_LICENCE), f"/tags/{place}", tag)


def language_facts(tags: list[str]) -> Iterator[Fact]:
    """Languages, by tags that can mean nothing else."""
    places = {tag: place for place, tag in reversed(list(enumerate(tags))) if tag in LANGUAGE_TAGS}
    return (Fact(f"language:{tag}", True, f"/tags/{place}", tag) for tag, place in sorted(places.items()))


def tag_facts(tags: list[str]) -> Iterator[Fact]:
    """The tags that rules ask for, in any case."""
    places = {tag.lower(): place for place, tag in reversed(list(enumerate(tags))) if tag.lower() in TOLD_TAGS}
    return (Fact(f"tag:{tag}", True, f"/tags/{place}", tags[place]) for tag, place in sorted(places.items()))


def refusal_facts(listed: Fact, tags: list[str]) -> list[Fact]:
    """The word by which the repository's name, else its first such tag, says that the model declines nothing.

    `listed` is the fact that its id shows.
    """
    name = str(listed.as_stated)
    texts = [(name.rpartition("/")[2], listed.locator, name)]
    texts += [(tag, f"/tags/{place}", tag) for place, tag in enumerate(tags) if ":" not in tag]
    found = ((called_uncensored(text), at, stated) for text, at, stated in texts)
    return [Fact(CALLED_UNCENSORED, word, at, stated) for word, at, stated in found if word][:1]


def base_model_facts(tags: list[str]) -> list[Fact]:
    """Base models with their relation; "base" where no tag states one."""
    related: dict[tuple[str, str], int] = {}
    for place, tag in enumerate(tags):
        if tag.startswith(_BASE_MODEL):
            relation, mark, base = tag.removeprefix(_BASE_MODEL).partition(":")
            named = (base, relation) if mark else (relation, "base")
            if REPOSITORY.match(named[0]) and named[1]:
                related.setdefault(named, place)
    explained = {base for base, relation in related if relation != "base"}
    shown = [(base, relation) for base, relation in related if relation != "base" or base not in explained]
    return [
        Fact(f"base_model:{relation}:{base}", True, f"/tags/{place}", tags[place])
        for base, relation in shown[:MOST_BASE_MODELS]
        for place in (related[base, relation],)
    ]
