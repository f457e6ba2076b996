// Follows a root of trust from a trusted version to the newest: each signed by a threshold of the one before and of its own.

import { base64url, sha256, text, utf8 } from "./bytes.js";
import { canonical } from "./json.js";
import { confirms, damaged, jsonOf, keyIdOf, keyOf, object, ROOT } from "./signed.js";

const MOST_BYTES = 512_000;
const MOST_VERSIONS = 256;
const ROLES = ["passports", "registry", "revocations"];
const MEMBERS = ["version", "issued_at", "expires_at", "threshold", "root_keys", ...ROLES];
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const KEY = /^[A-Za-z0-9_-]{43}$/;

const within = (value, least, most) => Number.isInteger(value) && least <= value && value <= most;
const only = (value, names) => Object.keys(value ?? {}).every((name) => names.includes(name));
const distinct = (values) => new Set(values).size === values.length;
const rootKey = (version) => `registry/root/${version}.json`;

function isRoleKey(one) {
  return only(one, ["public_key", "valid_from", "valid_until", "state", "last_good"]) && KEY.test(one.public_key)
    && DATE.test(one.valid_from) && DATE.test(one.valid_until) && one.valid_from < one.valid_until
    && ["active", "retired", "revoked"].includes(one.state)
    && (one.state === "revoked" ? within(one.last_good, 0, Number.MAX_SAFE_INTEGER) : !("last_good" in one));
}

function isRoot(root) {
  const lists = Array.isArray(root?.root_keys) && ROLES.every((role) => Array.isArray(root[role]));
  return lists && only(root, MEMBERS) && within(root.version, 1, 10 ** 6)
    && DATE.test(root.issued_at) && DATE.test(root.expires_at) && root.issued_at < root.expires_at
    && within(root.root_keys.length, 1, 16) && within(root.threshold, 1, root.root_keys.length)
    && root.root_keys.every((one) => KEY.test(one)) && distinct(root.root_keys)
    && ROLES.every((role) => within(root[role].length, 1, 64) && root[role].every(isRoleKey)
      && distinct([...root[role].map((one) => one.public_key)])
      && !root[role].some((one) => root.root_keys.includes(one.public_key)));
}

/** Return a root in a file that its own keys signed: { root, signatures, envelope, thumbprint }. */
async function readRoot(bytes, key) {
  const { signatures, ...envelope } = jsonOf(bytes, key, { mostBytes: MOST_BYTES, mostDepth: 6 }) ?? {};
  const root = envelope.signed;
  const listed = Array.isArray(signatures) && signatures.every((one) => Object.keys(one ?? {}).sort().join() === "keyId,signature");
  if (!listed || !distinct(signatures.map((one) => one.keyId)) || envelope.algorithm !== "Ed25519"
    || envelope.payloadType !== ROOT || !isRoot(root) || canonical({ ...envelope, signatures }) !== text(bytes)) damaged(key);
  const made = { root, signatures, envelope, thumbprint: base64url(await sha256(utf8.encode(canonical(root)))) };
  return await signers(made, root.root_keys) < root.threshold ? damaged(key) : made;
}

/** Return how many of these public keys signed a root. */
async function signers({ signatures, envelope }, keys) {
  let count = 0;
  for (const x of keys) {
    const id = await keyIdOf(x);
    const own = signatures.find(({ keyId }) => keyId === id);
    if (own && await confirms(await keyOf(x), ROOT, envelope, own.signature)) count += 1;
  }
  return count;
}

async function follows(last, next) {
  const stillRevoked = ROLES.every((role) => last.root[role].every(({ public_key: x, last_good: good }) => {
    const now = next.root[role].find((one) => one.public_key === x);
    return good === undefined || !now || now.last_good <= good;
  }));
  return next.root.version === last.root.version + 1 && next.root.issued_at >= last.root.issued_at && stillRevoked
    && await signers(next, last.root.root_keys) >= last.root.threshold;
}

async function trustedRoot(fetchFile, pin) {
  if (pin instanceof Uint8Array) return readRoot(pin, "the root that is trusted");
  for (let version = 1; version <= MOST_VERSIONS; version += 1) {
    const bytes = await fetchFile(rootKey(version));
    if (!bytes) break;
    const made = await readRoot(bytes, rootKey(version));
    if (made.thumbprint === pin) return made;
  }
  return object("unknown_key", `no root of the registry has the thumbprint ${pin}`);
}

/** Return the first root of a registry if one of these keys (id → key) signed it, or any if null; null where none is. */
async function firstRoot(fetchFile, keys) {
  const bytes = await fetchFile(rootKey(1));
  if (!bytes) return null;
  const made = await readRoot(bytes, rootKey(1));
  if (!keys) return made;
  for (const { keyId, signature } of made.signatures) {
    if (keys.has(keyId) && await confirms(keys.get(keyId), ROOT, made.envelope, signature)) return made;
  }
  return null;
}

/**
 * Return what the newest root states: { version, expires_at, thumbprints: version → thumbprint, roles: role → id → key }.
 *
 * The trusted version is `root` (a file's bytes, or a thumbprint), or the first that one of `keys` signed, or, without
 * both, the first that the registry has. Null where there is none.
 */
export async function rootOfTrust(fetchFile, { root, keys }) {
  let last = root ? await trustedRoot(fetchFile, root) : await firstRoot(fetchFile, keys);
  if (!last) return null;
  const thumbprints = new Map([[last.root.version, last.thumbprint]]);
  for (let bytes; (bytes = await fetchFile(rootKey(last.root.version + 1))); ) {
    const next = await readRoot(bytes, rootKey(last.root.version + 1));
    if (thumbprints.size > MOST_VERSIONS || !(await follows(last, next))) damaged(rootKey(last.root.version + 1));
    thumbprints.set(next.root.version, next.thumbprint);
    last = next;
  }
  const roles = {};
  for (const role of ROLES) {
    const named = last.root[role].map(async (one) => [await keyIdOf(one.public_key), { ...one, key: await keyOf(one.public_key) }]);
    roles[role] = new Map(await Promise.all(named));
  }
  return { version: last.root.version, expiresAt: last.root.expires_at, thumbprints, roles };
}
