// Finds a stored record by its hash: /record?passport=…&source=…&sha256=…

import { nameOf } from "./names.js";
import { filesBelow, json, sha256 } from "./registry.js";
import { recordsOf, rowOf } from "./verify/served.js";

const place = document.getElementById("record");
const fetchFile = filesBelow("./");
const search = new URLSearchParams(location.search);
const [slug, source, wanted] = ["passport", "source", "sha256"].map((name) => search.get(name) ?? "");

function element(name, ...content) {
  const made = document.createElement(name);
  made.append(...content);
  return made;
}

/** Return the snapshot of the generation that issued the passport, as its evidence points into that one's records. */
async function issuing(served) {
  const row = await rowOf(served, slug, fetchFile);
  return row ? json(await fetchFile(`registry/snapshots/${row.generation}.json`)).signed : served;
}

async function find() {
  const pointer = json(await fetchFile("registry/timestamp.json")).signed;
  const snapshot = await issuing(json(await fetchFile(`registry/snapshots/${pointer.generation}.json`)).signed);
  for await (const raw of recordsOf(snapshot, source, new Set([wanted]), fetchFile)) return { raw, generation: snapshot.generation };
  return null;
}

function pretty(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

async function show() {
  if (!/^[0-9a-f]{64}$/.test(wanted) || !/^[a-z0-9-]+$/.test(source)) throw new Error("the address names no record");
  const found = await find();
  if (!found) throw new Error("no retained generation has this record");
  const { raw, generation } = found;
  const same = await sha256(new TextEncoder().encode(raw.body)) === wanted;
  const facts = element("dl");
  facts.className = "facts";
  for (const [name, value] of [["source", raw.source], ["record", raw.id], ["fetched from", raw.url], ["observed", raw.observed_at],
    ["SHA-256", wanted], ["hash", same ? "recomputed here, and the same" : "is not that of this text"], ["stored in", `generation ${generation}`]]) {
    facts.append(element("dt", name), element("dd", value));
  }
  const body = element("pre", element("code", pretty(raw.body)));
  body.tabIndex = 0;
  const back = element("a", slug);
  back.href = await nameOf(slug);
  place.replaceChildren(facts, element("h2", "As the source wrote it"), body, element("p", "Evidence of ", back));
}

show().catch((error) => place.replaceChildren(element("p", `It cannot be shown: ${error.message}.`)));
