// Checks who signed a document: DSSE over canonical JSON, by trusted keys, or by what a root of trust lets each key sign.

import { base64url, fromBase64, joined, sha256, utf8 } from "./bytes.js";
import { canonical, MalformedJson, parse } from "./json.js";

const TYPE = "application/vnd.unfragile.";
export const PASSPORT = `${TYPE}trust-passport+json`;
export const SNAPSHOT = `${TYPE}registry-snapshot+json`;
export const POINTER = `${TYPE}registry-timestamp+json`;
export const REVOCATIONS = `${TYPE}registry-revocations+json`;
export const ROOT = `${TYPE}registry-root+json`;
const ROLES = { [PASSPORT]: "passports", [SNAPSHOT]: "registry", [POINTER]: "registry", [REVOCATIONS]: "revocations" };
const DATES = { [PASSPORT]: "signedAt", [SNAPSHOT]: "created_at", [POINTER]: "issued_at", [REVOCATIONS]: "issued_at" };
const FILE_MEMBERS = "algorithm,keyId,payloadType,signature,signed";

/** A verdict that ends a verification. */
export class Objection extends Error {
  constructor(verdict, reason) {
    super(reason);
    this.verdict = verdict;
  }
}

export const object = (verdict, reason) => { throw new Objection(verdict, reason); };
export const damaged = (key) => object("not_in_snapshot", `${key} is not what a signed file states`);

/** Return the id of a public key, its "x" in base64url, as RFC 7638 defines it. */
export const keyIdOf = async (x) => base64url(await sha256(utf8.encode(canonical({ crv: "Ed25519", kty: "OKP", x }))));
export const keyOf = (x) =>
  crypto.subtle.importKey("jwk", { kty: "OKP", crv: "Ed25519", x }, "Ed25519", false, ["verify"]);

/** Return id → key of a JWK Set or of one JWK (public, Ed25519). */
export async function keyRing(jwks) {
  const ring = new Map();
  for (const { kty, crv, x, d, kid } of jwks.keys ?? [jwks]) {
    if (kty !== "OKP" || crv !== "Ed25519" || d !== undefined) throw new TypeError("give public Ed25519 keys as JWKs");
    const id = await keyIdOf(x);
    if (kid !== undefined && kid !== id) throw new TypeError('"kid" is not the thumbprint of its key');
    ring.set(id, await keyOf(x));
  }
  return ring;
}

/** Whether a key made a signature (base64) of a value that `parse` returned, as this payload type. */
export async function confirms(key, payloadType, value, signature) {
  const bytes = typeof signature === "string" ? fromBase64(signature) : null;
  if (bytes?.length !== 64) return false;
  const body = utf8.encode(canonical(value));
  const head = utf8.encode(`DSSEv1 ${payloadType.length} ${payloadType} ${body.length} `);
  return crypto.subtle.verify("Ed25519", key, bytes, joined(head, body));
}

/**
 * Object unless a trusted key signed an envelope. `trust` has { keys, revoked }, or { roles } that a root names.
 * `generation` is the one that issued a passport, as a registry states it: what a revoked key signed is good by it alone.
 */
export async function requireSignature(envelope, payloadType, { keys, revoked = [], roles }, generation) {
  if (envelope.algorithm !== "Ed25519") object("malformed", '"algorithm" must be "Ed25519"');
  if (envelope.payloadType !== payloadType) object("malformed", `"payloadType" must be "${payloadType}"`);
  const { keyId, signature, ...rest } = envelope;
  if (typeof keyId !== "string") object("malformed", '"keyId" is missing');
  if (revoked.includes(keyId)) object("key_revoked", `the key ${keyId} is revoked`);
  const named = roles ? roles[ROLES[payloadType]].get(keyId) : { key: keys.get(keyId) };
  if (!named?.key) object("unknown_key", `the key ${keyId} is not trusted here`);
  if (!(await confirms(named.key, payloadType, { ...rest, keyId }, signature))) {
    object("bad_signature", `"signature" is not one of the key ${keyId} for this content: it was changed`);
  }
  if (roles) requireRight(envelope, payloadType, named, generation);
}

function requireRight(envelope, payloadType, named, generation) {
  const content = payloadType === PASSPORT ? envelope : envelope.signed;
  const dated = content[DATES[payloadType]];
  if (!(typeof dated === "string" && named.valid_from <= dated && dated < named.valid_until)) {
    object("unknown_key", `the root does not let the key ${envelope.keyId} sign what is dated ${dated}`);
  }
  if (named.last_good === undefined) return;
  const issued = payloadType === SNAPSHOT ? content.generation : payloadType === PASSPORT ? generation : undefined;
  if (!(issued <= named.last_good)) object("key_revoked", `the key ${envelope.keyId} is revoked, and this is not known to be older`);
}

/** Return a signed registry file: { signed: its content, keyId, … }. */
export async function signedFile(bytes, key, payloadType, mostBytes, trust) {
  if (!bytes) object("unreadable", `${key} cannot be read`);
  const envelope = jsonOf(bytes, key, { mostBytes, mostDepth: 32 });
  if (Object.keys(envelope ?? {}).sort().join() !== FILE_MEMBERS) damaged(key);
  await requireSignature(envelope, payloadType, trust);
  return envelope;
}

export function jsonOf(bytes, key, bounds) {
  try {
    return parse(bytes, bounds);
  } catch (error) {
    if (error instanceof MalformedJson) damaged(key);
    throw error;
  }
}
