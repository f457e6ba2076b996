"""Finds which other sources deny, for the very model, what shows a capability of it."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from pipelines.enrich.catalogue import Ability, catalogue
from pipelines.merge.subject import Subject
from pipelines.rules.conditions import Compiled, number
from pipelines.rules.precedence import precedence
from schemas.listing import Claim

Speech = Mapping[str, Claim]
"""What one record states: fact name → its claim."""

CONTEXT, PROMPT, CACHED = "context_tokens", "price:prompt", "price:input_cache_read"
LISTS = ("input_modalities", "output_modalities")


def speeches_of(subject: Subject) -> Mapping[int, Speech]:
    """What each record states of that by which an ability can be denied, by identity; nothing where there is one."""
    found: dict[int, dict[str, Claim]] = {}
    for name in _denying() if subject.supplements else ():
        believed = subject.claims.get(name)
        for claim in (believed, *subject.others.get(name, ())) if believed else ():
            found.setdefault(id(claim.listing), {}).setdefault(name, claim)
    return found


@lru_cache(maxsize=1)
def _denying() -> tuple[str, ...]:
    denying = (name for row in precedence().denial for name in (row.fact, row.sentence) if name)
    return (*LISTS, CONTEXT, PROMPT, *denying)


def denials(speeches: Mapping[int, Speech], ability: Ability, shown: Iterable[Claim]) -> list[Claim]:
    """One claim of each record that denies the ability and is no evidence of it, in the order of precedence.

    A record denies a modality by a list without it, a parameter by a field or a sentence, a context by a smaller one,
    and cached prompts by prices without theirs. `speeches` are what `speeches_of` returns.
    """
    if not speeches:
        return []
    showing = {id(claim.listing) for claim in shown}
    rules = catalogue().conditions[ability.rule.name]
    others = (speech for key, speech in speeches.items() if key not in showing)
    return [claim for speech in others if (claim := _denied(rules, speech))]


def _denied(rules: Iterable[Compiled], speech: Speech) -> Claim | None:
    """The claim that denies an ability, where no other way to show it is left open by the same record."""
    answers = [_answer(rule, speech) for rule in rules]
    if True in answers:
        return None
    return next((answer for answer in answers if isinstance(answer, Claim)), None)


def _answer(rule: Compiled, speech: Speech) -> Claim | bool | None:
    """What a record says of one condition: the claim that denies it, True where it affirms it, None where silent."""
    least = {name: bound for name, bound, reached in rule.bounds if reached}
    needed = [_of_fact(name, speech, least.get(name)) for name in sorted(rule.all)]
    choices = [_of_fact(name, speech, None) for name in sorted(rule.any)]
    if choices and True not in choices:
        needed += [next((one for one in choices if one is not None), None)]
    elif choices:
        needed += [True]
    denied = next((one for one in needed if isinstance(one, Claim)), None)
    return denied or (True in needed or None)


def _of_fact(name: str, speech: Speech, least: int | None) -> Claim | bool | None:
    group, _, item = name.partition(":")
    if group in ("input", "output"):
        listed = speech.get(f"{group}_modalities")
        return listed and (item in _items(listed) or listed)
    if group == "parameter":
        return _of_parameter(item, speech)
    if name.endswith(CONTEXT) and least is not None:
        context = speech.get(CONTEXT)
        return context and (number(context.fact.value) >= least or context)
    if name == CACHED:
        priced = speech.get(PROMPT)
        return priced and (any(price.kind == CACHED.partition(":")[2] for price in priced.listing.prices) or priced)
    return None


def _of_parameter(item: str, speech: Speech) -> Claim | bool | None:
    for row in precedence().denial:
        if row.parameter == item:
            claimed, sentence = speech.get(row.fact), speech.get(row.sentence or "")
            return sentence or (claimed and (claimed.fact.value is True or claimed))
    return None


def _items(listed: Claim) -> tuple[str, ...]:
    value = listed.fact.value
    return value if isinstance(value, tuple) else ()
