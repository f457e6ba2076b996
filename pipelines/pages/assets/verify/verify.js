// Verifies trust passports: by their bytes alone, or in the registry that serves them, from its signed pointer down.
// Needs WebCrypto with Ed25519, and no package. Gives the verdicts of the published list, each with its reason.

import { base64, hashOf, text, utf8 } from "./bytes.js";
import { conforms } from "./contract.js";
import { requireEvidence } from "./evidence.js";
import { canonical, MalformedJson, parse } from "./json.js";
import { openLog } from "./log.js";
import { rootOfTrust } from "./roots.js";
import { hashed, openRegistry, ownKeys, parentOf, rowOf, snapshotOf } from "./served.js";
import { damaged, keyRing, Objection, object, PASSPORT, requireSignature } from "./signed.js";

export { keyRing, rootOfTrust };

const MOST_PASSPORT_BYTES = 2 ** 20;
const CLOCK_SKEW_MS = 5 * 60 * 1000;

function requireInTime(passport, at) {
  const [signedAt, expiresAt] = [Date.parse(passport.signedAt), Date.parse(passport.expiresAt)];
  if (signedAt > at + CLOCK_SKEW_MS) object("not_yet_valid", `it is signed at ${passport.signedAt}, in the future`);
  const day = passport.unfragile.artifact.model?.expires_on;
  const end = day && Date.parse(`${day}T23:59:59.999Z`) + 1;
  if (end && signedAt < end && end <= at) object("ended", `its model was announced to end on ${day}`);
  if (at >= expiresAt) object("expired", `it expired at ${passport.expiresAt}`);
}

/** Return the signed content of a passport document; `generation` is as in `requireSignature`. */
async function read(bytes, trust, generation) {
  let document;
  try {
    document = parse(bytes, { mostBytes: MOST_PASSPORT_BYTES, mostDepth: 32 });
  } catch (error) {
    if (error instanceof MalformedJson) object("malformed", error.message);
    throw error;
  }
  if (Object.keys(document ?? {}).join() === "revoked") object("revoked", "a tombstone is in the passport's place");
  if (!conforms(trust.schema, document)) object("malformed", "it does not conform to the contract, schema.json");
  await requireSignature(document.passport, PASSPORT, trust, generation);
  requireInTime(document.passport, trust.at);
  return document.passport;
}

async function verdictOf(judge) {
  try {
    return await judge();
  } catch (error) {
    if (error instanceof Objection) return { verdict: error.verdict, reason: error.message };
    throw error;
  }
}

/**
 * Return the verdict on a passport document by itself: { verdict, reason, passport }.
 * `trust` is { keys: as `keyRing` returns, revoked: ids of keys, schema: the contract, at: milliseconds since 1970 }, or
 * { roles: as `rootOfTrust` returns, schema, at }.
 */
export function verifyPassport(bytes, trust) {
  return verdictOf(async () => {
    const passport = await read(bytes, trust);
    const reason = `signed with a trusted key, in date until ${passport.expiresAt}; whether it is the newest, or revoked, is unknown`;
    return { verdict: "ok_offline", reason, passport };
  });
}

/**
 * Return the verdict on a passport in its registry: { verdict, reason, passport, generation, pointerIssuedAt, place, seen }.
 *
 * `fetchFile(key)` returns the bytes at a key of the registry, or null. Give a `slug`, or the `document` (bytes) of a
 * passport; with a slug also the `copy` (bytes) that the registry serves for it, if that is to be compared. `evidence`:
 * whether the evidence of the passport that is served is found again in the stored records. `seen` is what an earlier answer
 * had as `seen`, or some of it: { keyId, generation, snapshotSha256, root: { version, thumbprint }, revocations: number of
 * the list, log: { size, root } }. `pinned.root` is a trusted root (a file's bytes, or a thumbprint), `pinned.keys` trusted
 * keys. Without both the registry's own are used, and the best verdict is "unpinned".
 */
export function verifyInRegistry({ fetchFile, slug, document, copy, evidence = false, seen = {} }, pinned) {
  return verdictOf(async () => {
    const trust = { ...pinned, ...await trustIn(fetchFile, pinned) };
    const registry = await openRegistry(fetchFile, trust);
    const given = document && await read(document, trust, 0);
    if (given) requireNotRevoked(given, registry);
    const wanted = given?.unfragile.artifact.slug ?? slug;
    const { passport, bytes, row } = await servedIn(registry, wanted, fetchFile, trust);
    requireNotRevoked(passport, registry);
    if (given) await compare(given, passport, wanted, trust);
    requireUnfrozen(registry, trust.at);
    const log = registry.snapshot.log && openLog(registry.snapshot.log, registry.snapshot.run, fetchFile);
    const place = await requireLogged(registry.snapshot, row, log, fetchFile);
    if (log) await requireEventsLogged(registry, log, trust);
    const now = stateOf(registry, trust, log && await log.rootAt(registry.snapshot.log.size));
    await requireGrown(now, seen, trust, log);
    requireRootInForce(registry, trust);
    if (copy) await requireCopy(copy, bytes, passport, place, trust);
    if (!pinned.root && !pinned.keys) object("unpinned", `intact, but only the registry states that ${passport.keyId} is its key`);
    if (evidence) await requireEvidence(passport, await issuing(registry, row, fetchFile, trust), fetchFile);
    const { generation } = registry.snapshot;
    const reason = `signed with a trusted key, in date, and the one in generation ${generation}`;
    return { verdict: "ok", reason, passport, generation, pointerIssuedAt: registry.pointer.issued_at, place, seen: now };
  });
}

/** Return { roles, … } of the root that is trusted, or { keys } where there is none. */
async function trustIn(fetchFile, pinned) {
  const root = await rootOfTrust(fetchFile, pinned);
  if (root) return { ...root, revoked: [] };
  return { keys: pinned.keys ?? await ownKeys(fetchFile), version: 0 };
}

function requireNotRevoked(passport, { revoked }) {
  const found = revoked.get(passport.unfragile.artifact.slug);
  if (found && passport.signedAt <= found.revoked_at) object("revoked", `revoked at ${found.revoked_at}: ${found.reason}`);
}

async function servedIn({ snapshot }, slug, fetchFile, trust) {
  const row = await rowOf(snapshot, slug, fetchFile);
  if (!row) object("not_in_snapshot", `${slug}: no such passport in generation ${snapshot.generation}`);
  const key = `registry/objects/${row.object.slice(0, 2)}/${row.object}.json`;
  const bytes = await hashed(key, row.object, fetchFile);
  const passport = await read(bytes, trust, row.generation);
  if (passport.unfragile.artifact.slug !== slug) damaged(key);
  return { passport, bytes, row };
}

/** Return the snapshot of the generation that issued a row's passport: evidence points into that one's records. */
async function issuing({ snapshot }, { generation }, fetchFile, trust) {
  return generation === snapshot.generation ? snapshot : snapshotOf(generation, fetchFile, trust);
}

/** Return where the log states that a row's passport was issued; null in generations of older versions, without a log. */
async function requireLogged(snapshot, row, log, fetchFile) {
  if (!log) {
    const parent = await parentOf(snapshot, fetchFile);
    return parent?.log ? object("not_logged", `${row.slug}: this generation has no log, and its parent had one`) : null;
  }
  const { slug, listing_id: listing, object: issued, generation, cause, status, log_index: index } = row;
  const left = await log.leftOf(index, entryOf({ type: "issued", slug, listing, object: issued, generation, cause, status }));
  if (!left) object("not_logged", `${slug}: its issue is not in the registry's public log`);
  return { index, size: index + 1, proof: left.map(base64) };
}

const entryOf = (stated) => utf8.encode(canonical(stated));

/** The root and the list of revocations that are in force must be in the log. */
async function requireEventsLogged({ snapshot }, log, trust) {
  const { root, root_logged: rootAt, revocations: list, revocations_logged: listAt } = snapshot;
  if (trust.version > (root?.version ?? 0)) object("not_logged", `root version ${trust.version} is in force, and not logged`);
  const logged = (at, stated) => at && log.leftOf(at.index, entryOf({ ...stated, generation: at.generation }));
  if (root && !(await logged(rootAt, { type: "root", ...root }))) object("not_logged", `root version ${root.version} is not logged`);
  if (list && !(await logged(listAt, { type: "revocations", ...list }))) {
    object("not_logged", `list ${list.number} of revocations is not logged`);
  }
}

/** A copy is the signed document with links into the registry and its place in the log added, and nothing else. */
async function requireCopy(copy, bytes, served, place, trust) {
  const { slug, page_url: page } = served.unfragile.artifact;
  const base = page.slice(0, -slug.length - 1);
  const links = {
    self: `${base}/api/v1/passport/${slug}`,
    artifact: page,
    verify: `${base}/api/v1/verify?slug=${slug}`,
    publicKey: `${base}/api/v1/trust-passport-public-key`,
    spec: `${base}/trust`,
    schema: `${base}/schema.json`,
    docs: `${base}/docs`,
  };
  const written = `${text(bytes).slice(0, -1)},"_links":${JSON.stringify(links)}`
    + `${place ? `,"_log":${JSON.stringify(place)}` : ""}}`;
  if (await hashOf(copy) === await hashOf(utf8.encode(written))) return;
  const found = await read(copy, trust, 0);
  if (found.unfragile.artifact.slug !== slug) object("not_in_snapshot", "the copy is another model's passport");
  if (found.signedAt > served.signedAt) await compare(found, served, slug, trust);
  object("copy_differs", "the copy's bytes are not those that a publisher writes");
}

async function compare(given, served, slug, trust) {
  if (given.signature === served.signature) return;
  await requireSignature(given, PASSPORT, trust); // of another generation than the one served, which nothing states
  if (given.signedAt > served.signedAt) object("not_in_snapshot", `${slug}: signed later than the one in the registry`);
  object("superseded", `${slug}: genuine, but the registry has one signed at ${served.signedAt}`);
}

function requireUnfrozen({ pointer, withheld }, at) {
  if (withheld) object("freeze", "the list of revocations that the registry names is withheld or damaged");
  if (Date.parse(pointer.expires_at) <= at) object("freeze", `the pointer expired at ${pointer.expires_at}`);
}

/** What is to be remembered of a registry. */
function stateOf({ pointer, keyId, snapshot }, { version, thumbprints }, logRoot) {
  return {
    keyId,
    generation: pointer.generation,
    snapshotSha256: pointer.snapshot_sha256,
    root: version ? { version, thumbprint: thumbprints.get(version) } : null,
    revocations: snapshot.revocations?.number ?? 0,
    log: snapshot.log ? { size: snapshot.log.size, root: logRoot } : null,
  };
}

/** Object where a registry does not go on from what was seen of it; what a revoked key signed later counts no more. */
async function requireGrown(now, seen, { thumbprints, roles }, log) {
  const older = (was, is) => object("rollback", `${is} is served, but ${was} was seen before`);
  const another = (what) => object("equivocation", `${what} is another one than was seen before`);
  const root = seen.root && thumbprints?.get(seen.root.version);
  if (seen.root && (now.root?.version ?? 0) < seen.root.version) older(seen.root.version, `root version ${now.root?.version ?? 0}`);
  if (root && root !== seen.root.thumbprint) another(`root version ${seen.root.version}`);
  const counts = !(roles?.registry.get(seen.keyId)?.last_good < seen.generation);
  if (counts && now.generation < seen.generation) older(seen.generation, `generation ${now.generation}`);
  if (counts && now.generation === seen.generation && now.snapshotSha256 !== seen.snapshotSha256) another(`generation ${now.generation}`);
  if (now.revocations < seen.revocations) older(seen.revocations, `list ${now.revocations} of revocations`);
  if (!counts || !seen.log) return;
  if ((now.log?.size ?? 0) < seen.log.size) older(seen.log.size, `a log of ${now.log?.size ?? 0} entries`);
  const before = await log.rootAt(seen.log.size);
  if (!before) object("not_logged", "that the log begins with the one seen before cannot be proved");
  if (before !== seen.log.root) another("what the log begins with");
}

/** Object where a newer root than the one read is certain or possible, or the snapshot names another one. */
function requireRootInForce({ snapshot: { root } }, { version, thumbprints, expiresAt, at }) {
  if (!version) return;
  if (root && root.version > version) object("freeze", `root version ${root.version} is withheld`);
  const own = root && thumbprints.get(root.version);
  if (own && own !== root.thumbprint) object("equivocation", `the registry names another root version ${root.version}`);
  if (Date.parse(expiresAt) <= at) object("freeze", `root version ${version} expired at ${expiresAt}`);
}
