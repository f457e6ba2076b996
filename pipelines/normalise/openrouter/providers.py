"""Reads OpenRouter's list of providers: where each has its seat and its datacenters, its terms and privacy policy."""

import re
from collections.abc import Callable

from pydantic import TypeAdapter, ValidationError

from pipelines.formats.record_reader import RecordReader, as_stated, parse_record
from pipelines.normalise.facts import PROVIDER
from pipelines.normalise.openrouter.facets import facet_listing
from schemas.listing import Fact, FactValue, Listing, RawListing
from schemas.passport.scalars import Url

COUNTRY = re.compile(r"[A-Z]{2}")
"""A country's code by ISO 3166-1 alpha-2."""

MOST_DATACENTERS = 50
"""Most countries of one provider's datacenters; the most recorded are 6."""

LONGEST_ADDRESS = 500
ADDRESS: TypeAdapter[str] = TypeAdapter(Url)
"""An address that a passport can carry."""


def read_providers(raw: RawListing) -> Listing:
    """Read the answer. A field that is not what belongs there states nothing, and is counted as unfamiliar."""
    record = RecordReader(parse_record(raw.body))
    providers = record.nested("providers")
    facts: list[Fact] = []
    unfamiliar: list[str] = []
    for name in providers.names():
        _read(providers.nested(name), facts, unfamiliar)
    return facet_listing(raw, facts, record).model_copy(update={"unfamiliar": tuple(unfamiliar)})


def _read(provider: RecordReader, facts: list[Fact], unfamiliar: list[str]) -> None:
    """Read one provider; each fact is named after it: "headquarters:Reedbed"."""
    name = provider.line("name")
    facts.append(Fact(f"{PROVIDER}:{name}", name, provider.place("name"), name))
    for field, fact, value_of in FIELDS:
        stated = provider.take_optional(field)
        value = value_of(stated)
        if value is not None:
            facts.append(Fact(f"{fact}:{name}", value, provider.place(field), as_stated(stated)))
        elif stated not in (None, "", []):
            unfamiliar.append(f"{fact}:{name}")
    for field in UNREAD:
        provider.take_optional(field)


def _country(stated: object) -> str | None:
    return stated if isinstance(stated, str) and COUNTRY.fullmatch(stated) else None


def _countries(stated: object) -> FactValue | None:
    if not isinstance(stated, list) or not 0 < len(stated) <= MOST_DATACENTERS:
        return None
    countries = [_country(one) for one in stated]
    return None if None in countries else tuple(sorted({one for one in countries if one}))


def _address(stated: object) -> str | None:
    if not isinstance(stated, str) or len(stated) > LONGEST_ADDRESS:
        return None
    try:
        return ADDRESS.validate_python(stated)
    except ValidationError:
        return None


FIELDS: tuple[tuple[str, str, Callable[[object], FactValue | None]], ...] = (
    ("headquarters", "headquarters", _country),
    ("datacenters", "datacenters", _countries),
    ("terms_of_service_url", "terms_url", _address),
    ("privacy_policy_url", "privacy_url", _address),
)
"""Field of a provider → the fact that it states, and what makes the fact's value of it; None where it is unfit."""

UNREAD = ("slug", "status_page_url")
"""Known fields that say nothing of how a provider handles data."""
