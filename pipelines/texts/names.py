"""Finds what a model's own name states: that it is a preview, a judge of content, a translator, a reranker."""

from pipelines.rules.descriptions import NameRule, description_rules
from schemas.listing import Fact

ANY_TASK = "any"
"""In place of a task where a record has no field for it, as listings of a seller: every rule counts."""


def name_facts(name: str, locator: str, task: str | None = ANY_TASK) -> list[Fact]:
    """Return what a name states, as facts "limit:<mode>" and "named:<capability>", in the order of the rules.

    `task` is the Hub's task of a repository, None where it has none: a rule for certain tasks says nothing of others.
    """
    rules = [rule for rule in description_rules().names if task == ANY_TASK or not rule.tasks or task in rule.tasks]
    return [_fact(rule, name, locator) for rule in rules if rule.pattern.search(name)]


def _fact(rule: NameRule, name: str, locator: str) -> Fact:
    if rule.states == "capability":
        return Fact(f"named:{rule.name}", True, locator, name, "pattern")
    return Fact(f"limit:{rule.name}", name, locator, name, "pattern")
