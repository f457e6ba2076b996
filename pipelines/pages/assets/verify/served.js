// Reads what a registry serves, from its signed pointer down: each file by its signature, or by its hash in a signed one.

import { hashOf, sha256, text, utf8 } from "./bytes.js";
import { damaged, jsonOf, keyRing, Objection, object, POINTER, REVOCATIONS, signedFile, SNAPSHOT } from "./signed.js";
import { unpack, UnpackError } from "./zstd.js";

const POINTER_KEY = "registry/timestamp.json";
const JWKS_KEY = ".well-known/jwks.json";
const MOST_JWKS_BYTES = 2 ** 20;
const MOST_POINTER_BYTES = 2 ** 16;
const MOST_SNAPSHOT_BYTES = 2 ** 20;
const MOST_REVOCATIONS_BYTES = 2 ** 24;
const MOST_UNPACKED_BYTES = 2 ** 28;
const MOST_STRAY = 64;

const snapshotKey = (generation) => `registry/snapshots/${generation}.json`;
/** Return null for an objection to one file that may be passed over. */
const orNull = (error) => { if (error instanceof Objection) return null; throw error; };

/** Return the bytes of a file that has a hash which a signed file names. */
export async function hashed(key, named, fetchFile) {
  const bytes = await fetchFile(key);
  if (!bytes) object("unreadable", `${key} is missing, although the registry names it`);
  return await hashOf(bytes) === named ? bytes : damaged(key);
}

/** Return the lines of a packed file, given as a snapshot names it. */
export async function linesOf(key, { sha256: named, rows, unpacked_bytes: stated = MOST_UNPACKED_BYTES }, fetchFile) {
  try {
    const unpacked = unpack(await hashed(key, named, fetchFile), Math.min(stated, MOST_UNPACKED_BYTES));
    const lines = text(unpacked).split("\n").slice(0, -1);
    return lines.length === rows ? lines : damaged(key);
  } catch (error) {
    if (error instanceof UnpackError) damaged(key);
    throw error;
  }
}

/** Return the keys that the registry itself publishes. */
export async function ownKeys(fetchFile) {
  const bytes = await fetchFile(JWKS_KEY);
  if (!bytes) object("unreadable", `${JWKS_KEY} cannot be read`);
  return keyRing(jsonOf(bytes, JWKS_KEY, { mostBytes: MOST_JWKS_BYTES, mostDepth: 8 }));
}

/** Return what is served: { pointer, keyId, snapshot, snapshotSha256, revoked, withheld }. */
export async function openRegistry(fetchFile, trust) {
  const raw = await fetchFile(POINTER_KEY);
  const { signed: pointer, keyId } = await signedFile(raw, POINTER_KEY, POINTER, MOST_POINTER_BYTES, trust);
  const head = await headOf(pointer, fetchFile, trust);
  return { pointer, keyId, ...head, ...await revocationsIn(head.snapshot, fetchFile, trust) };
}

/**
 * Return the pointer's snapshot with its hash; where creating a snapshot commits, the pointer may lag behind: then the last of
 * those that follow, each naming the one before as its parent. What follows nothing is passed over, so often at most.
 */
async function headOf({ generation, snapshot_sha256: named, commit }, fetchFile, trust) {
  let head = { snapshot: await snapshotOf(generation, fetchFile, trust, named), snapshotSha256: named };
  for (let [next, strays] = [generation + 1, 0]; commit === "create" && strays < MOST_STRAY; next += 1, strays += 1) {
    const bytes = await fetchFile(snapshotKey(next));
    if (!bytes) break;
    const snapshot = await readSnapshot(bytes, next, trust).catch(orNull);
    if (snapshot?.parent_sha256 === head.snapshotSha256) [head, strays] = [{ snapshot, snapshotSha256: await hashOf(bytes) }, -1];
  }
  return head;
}

/** Return the snapshot of a generation, of a hash where one is given. */
export async function snapshotOf(generation, fetchFile, trust, named) {
  const key = snapshotKey(generation);
  return readSnapshot(named ? await hashed(key, named, fetchFile) : await fetchFile(key), generation, trust);
}

async function readSnapshot(bytes, generation, trust) {
  const key = snapshotKey(generation);
  const { signed: snapshot } = await signedFile(bytes, key, SNAPSHOT, MOST_SNAPSHOT_BYTES, trust);
  return snapshot.generation === generation ? snapshot : damaged(key);
}

/** Return the parent of a snapshot, whoever signed it; null where there is none, or it is not stored any more. */
export async function parentOf({ parent, parent_sha256: named }, fetchFile) {
  const key = snapshotKey(parent);
  const bytes = parent && await fetchFile(key);
  const genuine = bytes && await hashOf(bytes) === named;
  return genuine ? jsonOf(bytes, key, { mostBytes: MOST_SNAPSHOT_BYTES, mostDepth: 32 }).signed : null;
}

/** Return { revoked: slug → last revocation, withheld: whether the list that the snapshot names cannot be read }. */
async function revocationsIn({ revocations: named }, fetchFile, trust) {
  const revoked = new Map();
  if (!named) return { revoked, withheld: false };
  const key = `registry/revocations/${named.sha256}.json`;
  const bytes = await hashed(key, named.sha256, fetchFile).catch(orNull);
  const list = bytes && await signedFile(bytes, key, REVOCATIONS, MOST_REVOCATIONS_BYTES, trust).catch(orNull);
  if (list?.signed.number !== named.number) return { revoked, withheld: true };
  for (const one of list.signed.revocations) revoked.set(one.slug, one);
  return { revoked, withheld: false };
}

/** Return the row of a passport; undefined where the generation has no such slug. */
export async function rowOf({ shards }, slug, fetchFile) {
  const passports = shards.reduce((sum, { rows }) => sum + rows, 0);
  const count = passports > 100_000 ? 256 : passports > 5_000 ? 16 : 1;
  const [slot] = await sha256(utf8.encode(slug));
  const shard = shards.find(({ index }) => index === Math.floor(slot * count / 256));
  const lines = shard ? await linesOf(`registry/shards/${shard.sha256}.jsonl.zst`, shard, fetchFile) : [];
  return lines.map((line) => JSON.parse(line)).find((row) => row.slug === slug);
}

/** Yield the stored records of one source in a generation that have one of these hashes: { source, id, url, body, … }. */
export async function* recordsOf({ sources }, source, hashes, fetchFile) {
  for (const part of sources.find((one) => one.source === source)?.parts ?? []) {
    for (const line of await linesOf(`registry/sources/${source}/${part.sha256}.jsonl.zst`, part, fetchFile)) {
      const named = [...line.matchAll(/"content_sha256":"([0-9a-f]{64})"/g)].some(([, hash]) => hashes.has(hash));
      const { raw } = named ? JSON.parse(line) : {};
      if (raw && hashes.has(raw.content_sha256)) yield raw;
    }
  }
}
