"""Reads GitHub's record of a repository of code: how popular it is, and when it last changed."""

import re
from datetime import UTC, datetime

from pipelines.formats.record_reader import RecordReader, parse_record
from pipelines.formats.slugs import hub_slug, is_slug
from pipelines.normalise.facts import MADE_ANEW, add_fact
from schemas.listing import Fact, Listing, RawListing
from schemas.times import timestamp

COUNTS = {"stargazers_count": "stars", "forks_count": "forks"}
"""Field → fact."""

UNREAD = frozenset(
    [
        # What the repository is and whose; its name says that.
        "node_id", "name", "owner", "organization", "private", "visibility", "description", "homepage", "topics",
        "custom_properties", "code_of_conduct", "is_template", "fork", "parent", "source", "template_repository",
        "license",  # the code's; the weights have one of their own
        # The same counts under old names, and counts that no claim of ours rests on.
        "watchers", "watchers_count", "stargazers", "forks", "network_count", "subscribers_count", "open_issues",
        "open_issues_count", "size", "language",
        # When the repository was created, and its last change of any kind, a new star too.
        "created_at", "updated_at",
        # How it is run.
        "default_branch", "master_branch", "disabled", "has_issues", "has_projects", "has_downloads", "has_wiki",
        "has_pages", "has_discussions", "has_pull_requests", "pull_request_creation_policy", "allow_forking",
        "allow_rebase_merge", "allow_squash_merge", "allow_merge_commit", "allow_auto_merge", "allow_update_branch",
        "delete_branch_on_merge", "use_squash_pr_title_as_default", "squash_merge_commit_title",
        "squash_merge_commit_message", "merge_commit_title", "merge_commit_message", "web_commit_signoff_required",
        "anonymous_access_enabled",
    ]
)  # fmt: skip
"""Known fields that are left out on purpose, by reason; so are addresses (`url`, `…_url`)."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}/(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,99}\Z")
_SECOND = re.compile(r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\Z")


def read_code(raw: RawListing) -> Listing:
    """Read one repository; raise FieldError naming the field that cannot be read."""
    record = RecordReader(parse_record(raw.body))
    name = _full_name(record, raw.id)
    facts = _lasting_id(record, raw.succeeds)
    for field, fact in COUNTS.items():
        add_fact(facts, fact, record.optional_count(field), record.place(field))
    if (pushed_at := record.optional_line("pushed_at")) is not None:  # an empty repository has none
        add_fact(facts, "last_commit", _instant(record, pushed_at), record.place("pushed_at"), pushed_at)
    add_fact(facts, "archived", record.optional_flag("archived"), record.place("archived"))
    return Listing.of(
        raw,
        kind="code",
        id=name,
        slug=hub_slug(name),
        facts=tuple(facts),
        same_as=_other_names(raw, name),
        leftovers=tuple(pointer for pointer in record.leftovers() if not _is_read_past(pointer)),
    )


def _full_name(record: RecordReader, listing_id: str) -> str:
    name = record.line("full_name")
    if not _NAME.match(name) or not is_slug(hub_slug(name)):
        record.refuse("full_name", f"is {name[:80]!r}, not owner/name of letters, digits, '.', '_' and '-'")
    if name.lower() != listing_id.lower():
        record.refuse("full_name", f"is {name!r} in the record of {listing_id[:80]!r}")
    return name


def _other_names(raw: RawListing, name: str) -> tuple[str, ...]:
    """The name that the repository was asked for by, and its former names."""
    names = {other.lower(): other for other in (raw.asked_as, *raw.formerly) if other}
    return tuple(f"{raw.source}:{other}" for key, other in names.items() if key != name.lower())


def _lasting_id(record: RecordReader, succeeds: str | None) -> list[Fact]:
    number, at = record.optional_count("id"), record.place("id")
    if number is None:
        return []
    anew = [Fact(MADE_ANEW, True, at, number)] if succeeds and succeeds != str(number) else []
    return [Fact("code_id", str(number), at, number), *anew]


def _instant(record: RecordReader, text: str) -> str:
    try:
        if _SECOND.match(text):
            return timestamp(datetime.fromisoformat(text).astimezone(UTC))
    except ValueError:
        pass  # 2026-02-30 has the form of a day
    return record.refuse("pushed_at", f"is {text[:40]!r}, not an instant such as 2026-04-29T08:00:00Z")


def _is_read_past(pointer: str) -> bool:
    field = pointer.removeprefix("/")
    return field in UNREAD or field == "url" or field.endswith("_url")
