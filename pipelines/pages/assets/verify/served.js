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

/** Return what the pointer leads to: { pointer, keyId, snapshot, revoked, withheld }. */
export async function openRegistry(fetchFile, trust) {
  const raw = await fetchFile(POINTER_KEY);
  const { signed: pointer, keyId } = await signedFile(raw, POINTER_KEY, POINTER, MOST_POINTER_BYTES, trust);
  const snapshot = await snapshotOf(pointer.generation, fetchFile, trust, pointer.snapshot_sha256);
  return { pointer, keyId, snapshot, ...await revocationsIn(snapshot, fetchFile, trust) };
}

/** Return the snapshot of a generation, of a hash where one is given. */
export async function snapshotOf(generation, fetchFile, trust, named) {
  const key = `registry/snapshots/${generation}.json`;
  const bytes = named ? await hashed(key, named, fetchFile) : await fetchFile(key);
  const { signed: snapshot } = await signedFile(bytes, key, SNAPSHOT, MOST_SNAPSHOT_BYTES, trust);
  return snapshot.generation === generation ? snapshot : damaged(key);
}

/** Return the parent of a snapshot, whoever signed it; null where there is none, or it is not stored any more. */
export async function parentOf({ parent, parent_sha256: named }, fetchFile) {
  const key = `registry/snapshots/${parent}.json`;
  const bytes = parent && await fetchFile(key);
  const genuine = bytes && await hashOf(bytes) === named;
  return genuine ? jsonOf(bytes, key, { mostBytes: MOST_SNAPSHOT_BYTES, mostDepth: 32 }).signed : null;
}

/** Return { revoked: slug → last revocation, withheld: whether the list that the snapshot names cannot be read }. */
async function revocationsIn({ revocations: named }, fetchFile, trust) {
  const revoked = new Map();
  if (!named) return { revoked, withheld: false };
  const key = `registry/revocations/${named.sha256}.json`;
  try {
    const bytes = await hashed(key, named.sha256, fetchFile);
    const { signed: list } = await signedFile(bytes, key, REVOCATIONS, MOST_REVOCATIONS_BYTES, trust);
    if (list.number !== named.number) damaged(key);
    for (const one of list.revocations) revoked.set(one.slug, one);
    return { revoked, withheld: false };
  } catch (error) {
    if (error instanceof Objection) return { revoked, withheld: true };
    throw error;
  }
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
