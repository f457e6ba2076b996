"""`passports publish`, and `passports store gc`, `scrub` and `repair`: work on a store without a crawl."""

import secrets
import sys
from pathlib import Path

from flows.commands import terminal
from flows.commands.options import moment
from flows.config.clock import clock_of, source_date_epoch
from flows.config.settings import Settings, read_settings
from flows.config.signing_key import SigningKeyError, find_key
from flows.errors import SettingsError
from flows.maintenance.brief_scrub import copies_with_briefs
from flows.maintenance.garbage import Collection, collect, plan
from flows.maintenance.repair import recover
from flows.maintenance.replicate import mirror
from flows.maintenance.scrub import Scrubber
from flows.publish.authority import Authority, open_authority
from flows.publish.publication import Publisher, tell_step
from flows.registry.reader import Reader
from flows.site.rendering import pages_for, rendering_for
from flows.store.open import canonical_store, open_store
from flows.trust.seen import Memory, default_memory
from flows.trust.trusted_keys import remembered_keys
from pipelines.formats.text import amount
from pipelines.pages.site import Site
from pipelines.passport.links import Issuer
from pipelines.registry.layout import POINTER_KEY
from pipelines.signing.keys import KeyRing, Signer
from schemas.times import timestamp

MOST_SHOWN = 20


def publish(store_url: str | None, to: str, *, as_json: bool) -> None:
    """Bring another store to the generation that the store serves."""
    settings = read_settings(store=store_url)
    with terminal.watched():
        done = mirror(settings, to)
    if as_json:
        terminal.document(done._asdict())
        return
    written = ", ".join(f"{count:,} {step}" for step, count in done.written.items()) or "nothing"
    terminal.pairs([
        ("from", open_store(settings.store).name), ("to", open_store(to).name), ("generation", done.generation),
        ("copied", f"{amount(done.copied, 'immutable file')}, each verified"), ("for readers", f"wrote {written}"),
    ])  # fmt: skip


def gc(store_url: str | None, *, generations: int, days: int, remove: bool, as_json: bool) -> None:
    """Show the files that no retained generation names; remove them if `remove`."""
    settings = read_settings(store=store_url)
    if remove:
        ours = authority_of(settings, "--remove needs the signing key, to lock the store against publishers meanwhile")
        publisher = publisher_with(settings, ours)
        done = collect(publisher, generations=generations, days=days)
    else:
        store, now = open_store(settings.store), moment(None)
        reader = Reader(store, remembered_keys(settings, store), now)
        done = plan(store, reader, generations=generations, days=days, at=now)
    _show_collected(done, remove=remove, as_json=as_json)


def scrub_store(store_url: str | None, *, budget: int, copy: str | None, as_json: bool) -> None:
    """Read files again and repair damaged ones; exit 1 when something stays damaged."""
    settings = read_settings(store=store_url)
    store = open_store(settings.store)
    trusted, issuer = remembered_keys(settings, store), Issuer(settings.issuer, settings.base_url)
    other, pages = open_store(copy) if copy else None, pages_for(Site(issuer), None)
    if copy and other and not other.exists(POINTER_KEY):
        raise SettingsError(f"--copy: nothing is published at {copy}: name a store that has the same passports")
    copies = copies_with_briefs(issuer, trusted, _signer_of_briefs(settings, trusted), filter(None, (store, other)))
    done = Scrubber(store, trusted, moment(None), copies, other, pages).scrub(budget)
    if as_json:
        damages = [damage._asdict() for damage in done.damages]
        terminal.document({"looked_at": done.read, "of": done.of, "damages": damages})
    else:
        for damage in done.damages:
            terminal.error(f"{damage.reason}{' (repaired)' if damage.repaired else ''}")
        terminal.OUT.print(f"{done.read:,} of {amount(done.of, 'file')} read, {len(done.damages):,} damaged")
    if any(not damage.repaired for damage in done.damages):
        sys.exit(1)


def _signer_of_briefs(settings: Settings, trusted: KeyRing) -> Signer | None:
    """Return the key at hand if it signs passports now, so that damaged briefs can be signed anew."""
    own = find_key(settings)
    named = trusted.role_key(own.signer.key_id, "passports") if own else None
    active = named.state == "active" if named else not trusted.root_version
    return own.signer if own and own.signer.key_id in trusted.key_ids and active else None


def forget(store_url: str | None, state: Path | None, *, pins: bool, as_json: bool) -> None:
    """Forget what was seen of a registry, and with `pins` the key or root remembered on first use; show what it was."""
    name = canonical_store(read_settings(store=store_url).store)
    memory = Memory(state) if state else default_memory()
    was = memory.forget(name, pins=pins)
    seen = {
        "registry": name,
        "generation": max((one.generation for one in was.seen.values()), default=None),
        "root_version": was.root.version if was.root else None,
        "revocations": was.revocations or None,
        "log_size": was.log.size if was.log else None,
        "pinned": was.pinned or was.pinned_root,
        "pinned_forgotten": pins,
    }
    if as_json:
        terminal.document(seen)
        return
    terminal.pairs([(key.replace("_", " "), value) for key, value in seen.items() if value not in (None, False)])
    terminal.note(f"Forgotten in {memory.path}: what is served next is accepted{'' if pins else ' by the same keys'}.")


def repair(store_url: str | None, *, as_json: bool) -> None:
    """Move the pointer to the newest complete history, and write the copies that it lacks."""
    settings = read_settings(store=store_url)
    ours = authority_of(settings, "repair needs the signing key, to sign the pointer")
    publisher = publisher_with(settings, ours)
    issuer, signer = Issuer(settings.issuer, settings.base_url), ours.passports.signer
    rendering = rendering_for(issuer, signer, ours.chain, registry=ours.registry.signer)
    with terminal.watched():
        done = recover(publisher, rendering)
    if as_json:
        terminal.document(done._asdict())
        return
    written = ", ".join(f"{count:,} {step}" for step, count in done.written.items()) or "nothing"
    before = "none that our key signed" if done.before is None else f"it named generation {done.before}"
    terminal.pairs([
        ("store", publisher.store.name), ("generation", done.generation), ("pointer", before),
        ("complete from", f"generation {done.kept_from} on"), ("for readers", f"wrote {written}"),
    ])  # fmt: skip


def _show_collected(done: Collection, *, remove: bool, as_json: bool) -> None:
    if as_json:
        terminal.document(done._asdict())
        return
    for key in done.garbage[:MOST_SHOWN]:
        terminal.OUT.print(terminal.plain(key))
    if len(done.garbage) > MOST_SHOWN:
        terminal.note(f"and {len(done.garbage) - MOST_SHOWN:,} more: --json shows all")
    what = (
        f"{amount(done.removed, 'file')} removed"
        if remove
        else f"{amount(len(done.garbage), 'file')} would be removed (--remove does)"
    )
    terminal.OUT.print(
        f"{amount(len(done.generations), 'generation')} and {amount(done.kept, 'file')} retained, {what}"
    )


def authority_of(settings: Settings, reason: str) -> Authority:
    """Return what these settings sign and trust; raise SigningKeyError with `reason` where there is no key."""
    found = find_key(settings)
    if found is None:
        raise SigningKeyError(f"{reason}: set PASSPORTS_SIGNING_KEY_FILE, or make a key with `passports keys init`")
    return open_authority(settings, open_store(settings.store), found, timestamp(moment(None)))


def publisher_with(settings: Settings, ours: Authority) -> Publisher:
    """Return the publisher that these settings make with an authority."""
    return Publisher(
        open_store(settings.store),
        ours.registry.signer,
        clock_of(source_date_epoch()),
        secrets.token_hex(16),
        ours.mark,
        on_step=tell_step,
        chain=ours.chain,
    )
