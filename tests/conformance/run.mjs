// Runs the JavaScript verifier on the kit: `node run.mjs KIT VERIFIER SCHEMA` prints {name: verdict} as JSON.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [kit, verifier, schemaFile] = process.argv.slice(2);
const { keyRing, verifyInRegistry, verifyPassport } = await import(pathToFileURL(join(verifier, "verify.js")));
const bytesAt = async (...names) => new Uint8Array(await readFile(join(kit, ...names)));
const jsonAt = async (...names) => JSON.parse(await readFile(join(kit, ...names), "utf-8"));

const schema = JSON.parse(await readFile(schemaFile, "utf-8"));
const keys = await keyRing(await jsonAt("keys.json"));
const { cases } = await jsonAt("kit.json");
const verdicts = {};
for (const { name, at, document, slug, registry, copy, pinned = true, revoked, seen } of cases) {
  const trust = { keys: pinned ? keys : null, revoked, schema, at: Date.parse(at) };
  const given = document && await bytesAt(document);
  const fetchFile = async (key) => {
    for (const folder of [registry, "served"]) {
      try {
        return await bytesAt("registries", folder, key);
      } catch (error) {
        if (error.code !== "ENOENT") throw error;
      }
    }
    return null;
  };
  const found = registry ? await verifyInRegistry({
    fetchFile,
    slug,
    document: given,
    copy: copy ? await fetchFile(`api/v1/passport/${slug}`) : undefined,
    seen: seen && { generation: seen.generation, snapshotSha256: seen.snapshot_sha256 },
  }, trust) : await verifyPassport(given, trust);
  verdicts[name] = found.verdict;
}
console.log(JSON.stringify(verdicts));
