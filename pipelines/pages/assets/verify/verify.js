// Verifies trust passports: by their bytes alone, or in the registry that serves them, from its signed pointer down.
// Needs WebCrypto with Ed25519, and no package. Gives the verdicts of the published list, each with its reason.

import { conforms } from "./contract.js";
import { canonical, MalformedJson, parse } from "./json.js";
import { proveLogged } from "./log.js";
import { unpack } from "./zstd.js";

const TYPE = "application/vnd.unfragile.";
const PASSPORT = `${TYPE}trust-passport+json`;
const SNAPSHOT = `${TYPE}registry-snapshot+json`;
const POINTER = `${TYPE}registry-timestamp+json`;
const POINTER_KEY = "registry/timestamp.json";
const JWKS_KEY = ".well-known/jwks.json";
const MOST_PASSPORT_BYTES = 2 ** 20;
const MOST_SNAPSHOT_BYTES = 2 ** 20;
const MOST_POINTER_BYTES = 2 ** 16;
const MOST_SHARD_BYTES = 2 ** 26;
const SNAPSHOT_BOUNDS = { mostBytes: MOST_SNAPSHOT_BYTES, mostDepth: 32 };
const CLOCK_SKEW_MS = 5 * 60 * 1000;
const RING_MEMBERS = "algorithm,keyId,payloadType,signature,signed";
const utf8 = new TextEncoder();

/** A verdict that ends a verification. */
class Objection extends Error {
  constructor(verdict, reason) {
    super(reason);
    this.verdict = verdict;
  }
}

const object = (verdict, reason) => { throw new Objection(verdict, reason); };
const damaged = (key) => object("not_in_snapshot", `${key} is not what a signed file states`);
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
const hashOf = async (bytes) => hex(await sha256(bytes));
const base64 = (bytes) => btoa(String.fromCharCode(...bytes));
const base64url = (bytes) => base64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

function fromBase64(text) {
  try {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    return base64(bytes) === text ? bytes : null;
  } catch {
    return null;
  }
}

/** Return id → key of a JWK Set or of one JWK (public, Ed25519), as the ids that RFC 7638 defines. */
export async function keyRing(jwks) {
  const ring = new Map();
  for (const { kty, crv, x, d, kid } of jwks.keys ?? [jwks]) {
    if (kty !== "OKP" || crv !== "Ed25519" || d !== undefined) throw new TypeError("give public Ed25519 keys as JWKs");
    const id = base64url(await sha256(utf8.encode(canonical({ crv, kty, x }))));
    if (kid !== undefined && kid !== id) throw new TypeError('"kid" is not the thumbprint of its key');
    ring.set(id, await crypto.subtle.importKey("jwk", { kty, crv, x }, "Ed25519", false, ["verify"]));
  }
  return ring;
}

async function requireSignature(envelope, payloadType, { keys, revoked = [] }) {
  if (envelope.algorithm !== "Ed25519") object("malformed", '"algorithm" must be "Ed25519"');
  if (envelope.payloadType !== payloadType) object("malformed", `"payloadType" must be "${payloadType}"`);
  const { keyId, signature: text, ...rest } = envelope;
  if (typeof keyId !== "string") object("malformed", '"keyId" is missing');
  if (revoked.includes(keyId)) object("key_revoked", `the key ${keyId} is revoked`);
  if (!keys.has(keyId)) object("unknown_key", `the key ${keyId} is not trusted here`);
  const signature = typeof text === "string" ? fromBase64(text) : null;
  if (signature?.length !== 64) object("bad_signature", '"signature" is not 64 bytes in canonical base64');
  const body = utf8.encode(canonical({ ...rest, keyId }));
  const head = utf8.encode(`DSSEv1 ${payloadType.length} ${payloadType} ${body.length} `);
  const message = new Uint8Array([...head, ...body]);
  if (!(await crypto.subtle.verify("Ed25519", keys.get(keyId), signature, message))) {
    object("bad_signature", `"signature" is not one of the key ${keyId} for this content: it was changed`);
  }
}

function requireInTime(passport, at) {
  const [signedAt, expiresAt] = [Date.parse(passport.signedAt), Date.parse(passport.expiresAt)];
  if (signedAt > at + CLOCK_SKEW_MS) object("not_yet_valid", `it is signed at ${passport.signedAt}, in the future`);
  const day = passport.unfragile.artifact.model?.expires_on;
  const end = day && Date.parse(`${day}T23:59:59.999Z`) + 1;
  if (end && signedAt < end && end <= at) object("ended", `its model was announced to end on ${day}`);
  if (at >= expiresAt) object("expired", `it expired at ${passport.expiresAt}`);
}

async function read(bytes, trust) {
  let document;
  try {
    document = parse(bytes, { mostBytes: MOST_PASSPORT_BYTES, mostDepth: 32 });
  } catch (error) {
    if (error instanceof MalformedJson) object("malformed", error.message);
    throw error;
  }
  if (!conforms(trust.schema, document)) object("malformed", "it does not conform to the contract, schema.json");
  await requireSignature(document.passport, PASSPORT, trust);
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
 * `trust` is { keys: as `keyRing` returns, revoked: ids of keys, schema: the contract, at: milliseconds since 1970 }.
 */
export function verifyPassport(bytes, trust) {
  return verdictOf(async () => {
    const passport = await read(bytes, trust);
    return { verdict: "ok_offline", reason: `signed with a trusted key, in date until ${passport.expiresAt}`, passport };
  });
}

/**
 * Return the verdict on a passport in its registry: { verdict, reason, passport, generation, snapshotSha256,
 * pointerIssuedAt }.
 *
 * `fetchFile(key)` returns the bytes at a key of the registry, or null. Give a `slug`, or the `document` (bytes) of a
 * passport; with a slug also the `copy` (bytes) that the registry serves for it, if that is to be compared. `seen` is
 * { generation, snapshotSha256 } of the highest generation that was seen before, if any was. Without `trust.keys` the
 * registry's own keys are used, and the best verdict is "unpinned".
 */
export function verifyInRegistry({ fetchFile, slug, document, copy, seen }, pinned) {
  return verdictOf(async () => {
    const trust = pinned.keys ? pinned : { ...pinned, keys: await ownKeys(fetchFile) };
    const given = document && await read(document, trust);
    const registry = await openRegistry(fetchFile, trust);
    const wanted = given?.unfragile.artifact.slug ?? slug;
    const { passport, bytes, row } = await servedIn(registry, wanted, fetchFile, trust);
    if (given) compare(given, passport, wanted);
    requireNewest(registry, seen, trust.at);
    const place = await requireLogged(registry.snapshot, row, fetchFile);
    if (copy) await requireCopy(copy, bytes, passport, place, trust);
    if (!pinned.keys) object("unpinned", `intact, but only the registry states that ${passport.keyId} is its key`);
    const { generation, snapshot_sha256: snapshotSha256, issued_at: pointerIssuedAt } = registry.pointer;
    const reason = `signed with a trusted key, in date, and the one in generation ${generation}`;
    return { verdict: "ok", reason, passport, generation, snapshotSha256, pointerIssuedAt };
  });
}

async function ownKeys(fetchFile) {
  const bytes = await fetchFile(JWKS_KEY);
  if (!bytes) object("unreadable", `${JWKS_KEY} cannot be read`);
  return keyRing(parse(bytes, { mostBytes: MOST_PASSPORT_BYTES, mostDepth: 8 }));
}

async function openRegistry(fetchFile, trust) {
  const pointer = await signedFile(await fetchFile(POINTER_KEY), POINTER_KEY, POINTER, MOST_POINTER_BYTES, trust);
  const key = `registry/snapshots/${pointer.generation}.json`;
  const bytes = await fetchFile(key);
  if (!bytes || await hashOf(bytes) !== pointer.snapshot_sha256) damaged(key);
  const snapshot = await signedFile(bytes, key, SNAPSHOT, MOST_SNAPSHOT_BYTES, trust);
  if (snapshot.generation !== pointer.generation) damaged(key);
  return { pointer, snapshot };
}

async function signedFile(bytes, key, payloadType, mostBytes, trust) {
  if (!bytes) object("unreadable", `${key} cannot be read`);
  let envelope;
  try {
    envelope = parse(bytes, { mostBytes, mostDepth: 32 });
  } catch (error) {
    if (error instanceof MalformedJson) damaged(key);
    throw error;
  }
  if (Object.keys(envelope ?? {}).sort().join() !== RING_MEMBERS) damaged(key);
  await requireSignature(envelope, payloadType, trust);
  return envelope.signed;
}

async function servedIn({ snapshot }, slug, fetchFile, trust) {
  const row = await rowOf(snapshot, slug, fetchFile);
  const key = row && `registry/objects/${row.object.slice(0, 2)}/${row.object}.json`;
  const bytes = row && await fetchFile(key);
  if (!bytes) object("not_in_snapshot", `${slug}: no such passport in generation ${snapshot.generation}`);
  const passport = await read(bytes, trust);
  if (await hashOf(bytes) !== row.object || passport.unfragile.artifact.slug !== slug) damaged(key);
  return { passport, bytes, row };
}

async function rowOf(snapshot, slug, fetchFile) {
  const passports = snapshot.shards.reduce((sum, shard) => sum + shard.rows, 0);
  const count = passports > 100_000 ? 256 : passports > 5_000 ? 16 : 1;
  const slot = (await sha256(utf8.encode(slug)))[0];
  const shard = snapshot.shards.find(({ index }) => index === Math.floor(slot * count / 256));
  if (!shard) return null;
  const key = `registry/shards/${shard.sha256}.jsonl.zst`;
  const packed = await fetchFile(key);
  if (!packed || await hashOf(packed) !== shard.sha256) damaged(key);
  const text = new TextDecoder().decode(unpack(packed, Math.min(shard.unpacked_bytes ?? MOST_SHARD_BYTES, MOST_SHARD_BYTES)));
  const rows = text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
  if (rows.length !== shard.rows) damaged(key);
  return rows.find((row) => row.slug === slug);
}

/** Return where the log states that a row's passport was issued; null in generations of older versions, without a log. */
async function requireLogged({ log, parent, parent_sha256: sha256Wanted }, row, fetchFile) {
  if (!log) {
    const bytes = parent && await fetchFile(`registry/snapshots/${parent}.json`);
    const dropped = bytes && await hashOf(bytes) === sha256Wanted && parse(bytes, SNAPSHOT_BOUNDS).signed.log;
    return dropped ? object("not_logged", `${row.slug}: this generation has no log, and its parent had one`) : null;
  }
  const { slug, listing_id: listing, object: issued, generation, cause, status, log_index: index } = row;
  const entry = utf8.encode(canonical({ type: "issued", slug, listing, object: issued, generation, cause, status }));
  const left = await proveLogged(log, index, entry, fetchFile);
  if (!left) object("not_logged", `${slug}: its issue is not in the registry's public log`);
  return { index, size: index + 1, proof: left.map(base64) };
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
  const written = `${new TextDecoder().decode(bytes).slice(0, -1)},"_links":${JSON.stringify(links)}`
    + `${place ? `,"_log":${JSON.stringify(place)}` : ""}}`;
  if (await hashOf(copy) === await hashOf(utf8.encode(written))) return;
  const found = await read(copy, trust);
  if (found.unfragile.artifact.slug !== slug) object("not_in_snapshot", "the copy is another model's passport");
  if (found.signedAt > served.signedAt) compare(found, served, slug);
  object("copy_differs", "the copy's bytes are not those that a publisher writes");
}

function compare(given, served, slug) {
  if (given.signature === served.signature) return;
  if (given.signedAt > served.signedAt) object("not_in_snapshot", `${slug}: signed later than the one in the registry`);
  object("superseded", `${slug}: genuine, but the registry has one signed at ${served.signedAt}`);
}

function requireNewest({ pointer }, seen, at) {
  if (seen && pointer.generation < seen.generation) {
    object("rollback", `generation ${pointer.generation} is served, but ${seen.generation} was seen before`);
  }
  if (seen?.generation === pointer.generation && seen.snapshotSha256 !== pointer.snapshot_sha256) {
    object("equivocation", `generation ${pointer.generation} is another one than was seen before`);
  }
  if (Date.parse(pointer.expires_at) <= at) object("freeze", `the pointer expired at ${pointer.expires_at}`);
}
