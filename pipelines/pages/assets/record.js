// Finds a stored record by its hash, and marks the value at a place: /record?passport=…&source=…&sha256=…&at=…

import { nameOf } from "./names.js";
import { filesBelow, json, sha256 } from "./registry.js";
import { text } from "./verify/bytes.js";
import { recordsOf, rowOf } from "./verify/served.js";

const place = document.getElementById("record");
const fetchFile = filesBelow("./");
const search = new URLSearchParams(location.search);
const [slug, source, wanted, at] = ["passport", "source", "sha256", "at"].map((name) => search.get(name) ?? "");

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

/** Write JSON as text, with the value that the pointer's tokens lead to in a mark of its own; null for none. */
function written(value, tokens, indent, out) {
  if (tokens === null || tokens.length === 0 || typeof value !== "object" || value === null) {
    const whole = JSON.stringify(value, null, 2).replaceAll("\n", `\n${indent}`);
    out.push(tokens?.length === 0 ? element("mark", whole) : whole);
    return;
  }
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  out.push(open);
  Object.entries(value).forEach(([key, one], number) => {
    out.push(`${number ? "," : ""}\n${indent}  ${open === "[" ? "" : `${JSON.stringify(key)}: `}`);
    written(one, key === tokens[0] ? tokens.slice(1) : null, `${indent}  `, out);
  });
  out.push(`\n${indent}${close}`);
}

/** Return a record as text and marks: JSON in lines with the value at a JSON Pointer, other texts with a range of bytes. */
function marked(body) {
  const range = /^bytes:(\d{1,9})-(\d{1,9})$/.exec(at);
  if (range) {
    const [bytes, begin, end] = [new TextEncoder().encode(body), Number(range[1]), Number(range[2])];
    return [text(bytes.slice(0, begin)), element("mark", text(bytes.slice(begin, end))), text(bytes.slice(end))];
  }
  try {
    const tokens = at.startsWith("/") ? at.slice(1).split("/").map((one) => one.replaceAll("~1", "/").replaceAll("~0", "~")) : null;
    const out = [];
    written(JSON.parse(body), tokens, "", out);
    return out;
  } catch {
    return [body];
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
  const body = element("pre", element("code", ...marked(raw.body)));
  body.tabIndex = 0;
  const back = element("a", slug);
  back.href = await nameOf(slug);
  place.replaceChildren(facts, element("h2", "As the source wrote it"), body, element("p", "Evidence of ", back));
  body.querySelector("mark")?.scrollIntoView({ block: "center" });
}

show().catch((error) => place.replaceChildren(element("p", `It cannot be shown: ${error.message}.`)));
