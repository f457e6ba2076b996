// Finds a passport's evidence again in the stored records that it points into. Whether its rules lead there is not tried.

import { hashOf, hex, utf8 } from "./bytes.js";
import { canonical, MalformedJson, parse } from "./json.js";
import { recordsOf } from "./served.js";
import { Objection, object } from "./signed.js";

const RECORDS = "/artifact/model/records";
const MUST_BE_SHOWN = ["/artifact/status", "/artifact/pricing/starting_price", "/trust/data_access_risk"];
const BOUNDS = { mostBytes: 2 ** 25, mostDepth: 500 };
const WITHOUT_RECORD = ["class", "issuer"];
const wrong = (path, reason) => object("evidence_mismatch", `${path}: ${reason}`);

/** Return the value at a JSON Pointer; null where there is none. */
function at(pointer, document) {
  const keys = pointer.split("/").slice(1).map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
  const child = (value, key) => Array.isArray(value) && !/^\d+$/.test(key) ? null : value[key] ?? null;
  return keys.reduce((value, key) => value !== null && typeof value === "object" ? child(value, key) : null, document);
}

/** Return a number of a record as evidence states it: a fraction as text, with all its digits and without an exponent. */
function asStated(numeral) {
  const [, sign, whole, fraction = "", exponent = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d{1,3}))?$/i.exec(numeral) ?? [];
  if (whole === undefined) return null;
  if (whole.length === numeral.length - sign.length) return Number(numeral);
  const point = whole.length + Number(exponent);
  const digits = "0".repeat(Math.max(0, 1 - point)) + whole + fraction;
  const before = digits.slice(0, Math.max(1, point)).padEnd(point, "0").replace(/^0+(?=\d)/, "");
  const after = digits.slice(Math.max(1, point));
  return `${sign}${before}${after && `.${after}`}`;
}

/** Whether a record has a quote or value where its evidence says. */
function states(body, { locator, quote, value }) {
  const [, start, end] = /^bytes:(\d+)-(\d+)$/.exec(locator) ?? [];
  if (start) return Boolean(quote) && hex(utf8.encode(body).slice(Number(start), Number(end))) === hex(utf8.encode(quote));
  const stored = at(locator, parse(utf8.encode(body), { ...BOUNDS, numberOf: asStated }));
  if (quote !== undefined) return typeof stored === "string" && quote !== "" && stored.includes(quote);
  return canonical(Array.isArray(stored) ? stored.map(String) : stored) === canonical(value ?? null);
}

/** Yield the paths into `unfragile` that must have evidence. */
function* wanted({ capabilities, purposes = [], trust }) {
  yield* MUST_BE_SHOWN;
  for (const [place, { limitations }] of capabilities.entries()) {
    yield `/capabilities/${place}`;
    for (const number of limitations.keys()) yield `/capabilities/${place}/limitations/${number}`;
  }
  for (const place of purposes.keys()) yield `/purposes/${place}`;
  for (const place of trust.failure_modes.keys()) yield `/trust/failure_modes/${place}`;
}

/** Return "source hash" → text of the records that evidence points into. */
async function recordsIn(evidence, snapshot, fetchFile) {
  const named = new Map();
  for (const { asserted_by: by, source, content_sha256: hash } of evidence) {
    if (!WITHOUT_RECORD.includes(by)) named.set(source, (named.get(source) ?? new Set()).add(hash));
  }
  const bodies = new Map();
  for (const [source, hashes] of named) {
    for await (const { id, body, content_sha256: hash } of recordsOf(snapshot, source, hashes, fetchFile)) {
      if (await hashOf(utf8.encode(body)) !== hash) wrong(RECORDS, `the stored record ${id} of ${source} does not hash to ${hash}`);
      bodies.set(`${source} ${hash}`, body);
    }
  }
  return bodies;
}

function requireEntry(entry, unfragile, { rules_sha256: rules }, bodies) {
  const { path, locator, source, asserted_by: by, content_sha256: hash } = entry;
  const body = bodies.get(`${source} ${hash}`);
  if (by === "class") return void (hash === rules || wrong(path, `rests on rules ${hash}, not on those of its generation`));
  if (by === "issuer") {
    return void (canonical(at(locator, unfragile)) === canonical(entry.value) || wrong(path, `is not what ${locator} says`));
  }
  if (body === undefined) wrong(path, `no stored record of ${source} hashes to ${hash}`);
  if (!states(body, entry)) wrong(path, `is not what ${locator} of the stored record of ${source} says`);
}

/**
 * Object unless every statement of a passport has evidence that is found again: each quote or value at its place in the
 * record with its hash, as stored by the generation that issued the passport (`snapshot`), and each rule among its rules.
 */
export async function requireEvidence({ unfragile }, snapshot, fetchFile) {
  const { evidence = [], provenance } = unfragile;
  try {
    if (provenance?.rules_sha256 !== snapshot.rules_sha256) wrong("/provenance/rules_sha256", "is not that of its generation");
    for (const path of wanted(unfragile)) if (!evidence.some((one) => one.path === path)) wrong(path, "has no evidence");
    const bodies = await recordsIn(evidence, snapshot, fetchFile);
    for (const entry of evidence) requireEntry(entry, unfragile, snapshot, bodies);
  } catch (error) {
    if (error instanceof MalformedJson || error.verdict === "not_in_snapshot") wrong(RECORDS, error.message);
    throw error;
  }
}
