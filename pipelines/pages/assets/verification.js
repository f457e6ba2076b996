// Verifies the passport of a page, or one that is dropped or pasted, from the pinned key and the signed pointer down.

import { away, now } from "./ages.js";
import { filesBelow, hindrance, json } from "./registry.js";
import { memoryOf } from "./seen.js";
import { keyRing, rootOfTrust, verifyInRegistry } from "./verify/verify.js";

const MOST_BYTES = 2 ** 20;
const COMMAND = "Use the command instead.";

function paragraph(text, className = "") {
  const made = document.createElement("p");
  made.textContent = text;
  made.className = className;
  return made;
}

function badge(good) {
  const made = document.createElement("span");
  made.className = `badge ${good ? "fresh" : "stale"}`;
  made.textContent = good ? "verified" : "not verified";
  return made;
}

/** Return `fetchFile`, which asks for no root where the registry names none: browsers show each missing file as an error. */
async function withoutRoots(fetchFile) {
  const signed = async (key) => json(await fetchFile(key)).signed;
  const { generation } = await signed("registry/timestamp.json");
  const { root } = await signed(`registry/snapshots/${generation}.json`);
  return root ? fetchFile : async (key) => key.startsWith("registry/root/") ? null : fetchFile(key);
}

/** Return the registry's newest root of trust, or where it has none the key of the pinned thumbprint; and the contract. */
async function trustOf(fetchFile, pinned) {
  const [jwks, schema] = await Promise.all([fetchFile(".well-known/jwks.json"), fetchFile("schema.json")]);
  if (!jwks || !schema) throw new Error("the registry’s keys or its contract cannot be read");
  const shared = { schema: json(schema), at: now() };
  const root = await rootOfTrust(fetchFile, {});
  if (root) return { ...shared, root: root.thumbprints.get(root.version) };
  const keys = await keyRing(json(jwks));
  for (const id of keys.keys()) if (id !== pinned) keys.delete(id);
  return { ...shared, keys };
}

const DEPARTED = {
  rollback: "An older state of this registry is served than this browser has verified before: it was put back, or this is not the newest copy.",
  equivocation: "This registry has another history than this browser has verified before.",
};

/** Return what is said of a registry that does not go on from what was seen before, with a way to begin again. */
function departed({ verdict, reason }, seen, memory, again) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "plain", textContent: `Forget generation ${seen.generation}` });
  button.addEventListener("click", () => { memory.forget(); again(); });
  const remedy = paragraph("Do not rely on this page. Ask the publisher; only where the registry was begun again on purpose: ");
  remedy.append(button);
  return [paragraph(DEPARTED[verdict]), paragraph(`Verdict ${verdict}: ${reason}${seen.at ? `, on ${seen.at.slice(0, 10)}` : ""}.`), remedy];
}

function words({ verdict, reason, passport, generation, pointerIssuedAt, place, seen: served }, seen) {
  if (verdict !== "ok") return [paragraph(`Verdict ${verdict}: ${reason}.`)];
  const { root, log } = served;
  const named = root ? `, which version ${root.version} of the registry’s root of trust names` : "";
  const compared = root ? `the thumbprint of that root, ${root.thumbprint},` : "the key";
  const logged = place ? ` Its issue is entry ${place.index} of the ${log.size} in the registry’s public log, proved by the hashes beside it.` : "";
  const since = !seen ? "" : seen.generation === generation ? " This browser has seen that generation before."
    : ` This browser saw generation ${seen.generation} before.`;
  return [
    paragraph(`The signature is good, by the key ${passport.keyId}${named}. The registry’s signed pointer leads to this very passport, in generation ${generation}.${logged}${since}`),
    paragraph(`Signed ${away(passport.signedAt, now())}; the pointer was signed ${away(pointerIssuedAt, now())}. Checked by your browser, from this registry’s own keys down: compare ${compared} with one that you have from the issuer.`, "small soft"),
  ];
}

/** Return what is said of the evidence: that it was found again, or a button that has it looked for. */
function evidenceOf(passport, asked, search) {
  const count = passport.unfragile.evidence?.length ?? 0;
  if (asked) return paragraph(`All ${count} entries of its evidence were found again in the stored records, each at its place.`);
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "plain", textContent: `Find its ${count} quotes and values in the records` });
  button.addEventListener("click", () => { button.disabled = true; search(); });
  const made = paragraph("");
  made.append(button);
  return made;
}

/** Verify what `asked` names (a slug with its copy, or a document) and say in words what was checked. */
async function verify(place, root, pinned, asked) {
  const cannot = await hindrance();
  if (cannot) return void place.replaceChildren(paragraph(`Not checked: ${cannot}. ${COMMAND}`));
  const memory = memoryOf(root, pinned);
  const seen = memory.recall();
  try {
    const fetchFile = await withoutRoots(filesBelow(root));
    const wanted = await asked(fetchFile);
    const found = await verifyInRegistry({ fetchFile, seen, ...wanted }, await trustOf(fetchFile, pinned));
    if (found.verdict === "ok") memory.remember(found.seen);
    const head = paragraph("");
    head.append(badge(found.verdict === "ok"));
    const again = () => verify(place, root, pinned, asked);
    const search = () => verify(place, root, pinned, async (fetchFile) => ({ ...await asked(fetchFile), evidence: true }));
    const shown = found.verdict === "ok" && found.passport.unfragile.evidence ? [evidenceOf(found.passport, wanted.evidence, search)] : [];
    place.replaceChildren(
      head, ...(seen && DEPARTED[found.verdict] ? departed(found, seen, memory, again) : words(found, seen)), ...shown,
    );
  } catch (error) {
    place.replaceChildren(paragraph(`Not checked: ${error.message}. ${COMMAND}`));
  }
}

const own = document.getElementById("verification");
if (own) {
  const { slug, root, copy, key } = own.dataset;
  const start = () => verify(own, root, key, async (fetchFile) => ({ slug, copy: await fetchFile(copy) ?? undefined }));
  if (globalThis.requestIdleCallback) requestIdleCallback(start, { timeout: 2000 }); else setTimeout(start, 200);
}

const field = document.getElementById("document");
if (field) {
  const place = document.getElementById("answer");
  const { root, key } = field.dataset;
  const check = (bytes) => {
    if (bytes.length > MOST_BYTES) return void place.replaceChildren(paragraph("This is larger than any passport."));
    verify(place, root, key, async () => ({ document: bytes }));
  };
  const read = async (file) => check(new Uint8Array(await file.arrayBuffer()));
  document.getElementById("check").addEventListener("click", () => check(new TextEncoder().encode(field.value.trim())));
  document.getElementById("file").addEventListener("change", ({ target }) => target.files[0] && read(target.files[0]));
  field.addEventListener("dragover", (event) => event.preventDefault());
  field.addEventListener("drop", (event) => {
    const [file] = event.dataTransfer.files;
    if (file) { event.preventDefault(); read(file); }
  });
}
