// Runs the JavaScript verifier on the kit: `node run.mjs KIT VERIFIER SCHEMA` prints {name: verdict} as JSON.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [kit, verifier, schemaFile] = process.argv.slice(2);
const { keyRing, rootOfTrust, verifyInRegistry, verifyPassport } = await import(pathToFileURL(join(verifier, "verify.js")));
const bytesAt = async (...names) => new Uint8Array(await readFile(join(kit, ...names)));
const jsonAt = async (...names) => JSON.parse(await readFile(join(kit, ...names), "utf-8"));

const schema = JSON.parse(await readFile(schemaFile, "utf-8"));
const keys = await keyRing(await jsonAt("keys.json"));
const { cases, registries } = await jsonAt("kit.json");
const verdicts = {};

/** Return a file of a registry of the kit, or of its base where it has none; null where there is none, or it was removed. */
async function fileOf(registry, key) {
  if (!registry || registries[registry].without.includes(key)) return null;
  try {
    return await bytesAt("registries", registry, key);
  } catch (error) {
    if (error.code === "ENOENT") return fileOf(registries[registry].base, key);
    throw error;
  }
}

for (const { name, at, document, slug, registry, copy, evidence, pinned = true, root, revoked, seen } of cases) {
  const trust = { keys: pinned && !root ? keys : null, revoked, schema, at: Date.parse(at) };
  if (root) trust.root = root.startsWith("roots/") ? await bytesAt(root) : root;
  const given = document && await bytesAt(document);
  const fetchFile = (key) => fileOf(registry, key);
  const found = registry ? await verifyInRegistry({
    fetchFile,
    slug,
    document: given,
    evidence,
    copy: copy ? await fetchFile(`api/v1/passport/${slug}`) : undefined,
    seen: seen && { ...seen, keyId: seen.key_id, snapshotSha256: seen.snapshot_sha256 },
  }, trust) : await verifyPassport(given, root ? { ...trust, ...await rootOfTrust(fetchFile, trust) } : trust);
  verdicts[name] = found.verdict;
}
console.log(JSON.stringify(verdicts));
