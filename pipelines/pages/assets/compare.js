// Shows two to four passports side by side, differences first: /compare?artifact=…&artifact=…

import { AGE_WORDS, ageAt, now } from "./ages.js";
import { nameOf } from "./names.js";

const MOST = 4;
const SLUG = /^[a-z0-9][a-z0-9._-]{0,199}$/;
const place = document.getElementById("comparison");
const slugs = [...new Set(new URLSearchParams(location.search).getAll("artifact"))].filter((slug) => SLUG.test(slug)).slice(0, MOST);
const million = (prices, kind) => {
  const found = prices?.find((price) => price.kind === kind && !price.when && price.unit.includes("token"));
  return found ? `$${Number((Number(found.usd) * 1e6).toPrecision(12))} a million` : "not stated";
};
const names = (list) => list?.length ? list.join(", ") : "none";
const count = (number) => number === null || number === undefined ? "not stated" : number.toLocaleString("en");
const yes = (value) => value === true ? "yes" : value === false ? "no" : "not stated";

/** Rows of the comparison: what each is called, and how a passport states it; lists are compared item by item. */
const ROWS = [
  ["freshness", ({ passport, unfragile }) => AGE_WORDS[ageAt({
    status: unfragile.trust.maintenance.status, signed: passport.signedAt, expires: passport.expiresAt,
    due: unfragile.trust.freshness?.sources[0].due_after, stale: unfragile.trust.freshness?.sources[0].stale_after,
  }, now())]],
  ["status", ({ unfragile }) => unfragile.artifact.status],
  ["purposes", ({ unfragile }) => names(unfragile.purposes?.map(({ name }) => name))],
  ["input, a million tokens", ({ model }) => million(model.prices, "prompt")],
  ["output, a million tokens", ({ model }) => million(model.prices, "completion")],
  ["context", ({ model }) => count(model.context_tokens)],
  ["most output", ({ model }) => count(model.max_output_tokens)],
  ["takes", ({ model }) => names(model.input_modalities)],
  ["gives", ({ model }) => names(model.output_modalities)],
  ["score", ({ unfragile }) => `${unfragile.trust.score} of 100`],
  ["data access risk", ({ unfragile }) => unfragile.trust.data_access_risk],
  ["zero retention", ({ model }) => yes(model.data_handling?.zero_retention)],
  ["regions", ({ model }) => names(model.data_handling?.regions)],
  ["licence", ({ model }) => model.licence ?? "not stated"],
  ["weights can be downloaded", ({ model }) => yes(model.open_weights)],
  ["training data until", ({ model }) => model.knowledge_cutoff ?? "not stated"],
  ["announced end", ({ model }) => model.expires_on ?? "none"],
  ["providers", ({ model }) => count(model.providers?.length)],
];
const LISTS = [
  ["can do", ({ unfragile }) => unfragile.capabilities.map(({ name }) => name)],
  ["fails", ({ unfragile }) => unfragile.trust.failure_modes],
];

function cell(name, ...content) {
  const made = document.createElement(name);
  made.append(...content);
  return made;
}

function row(title, values) {
  const head = cell("th", title);
  head.scope = "row";
  const made = cell("tr", head, ...values.map((value) => cell("td", value)));
  made.className = new Set(values).size === 1 ? "same" : "differs";
  return made;
}

/** Return the rows of a list: what only some of them have, each under its own, and what all have. */
function listRows(title, each) {
  const shared = each[0].filter((item) => each.every((own) => own.includes(item)));
  const bullets = (items) => items.length ? cell("ul", ...items.map((item) => cell("li", item))) : "–";
  const rest = each.map((own) => own.filter((item) => !shared.includes(item)));
  const rows = [];
  if (rest.some((own) => own.length)) rows.push(row(title, rest.map(bullets)));
  if (shared.length) {
    const all = cell("td", bullets(shared));
    all.colSpan = each.length;
    const head = cell("th", each.length > 1 ? `${title}, all of them` : title);
    head.scope = "row";
    rows.push(Object.assign(cell("tr", head, all), { className: "same" }));
  }
  return rows;
}

async function read(slug) {
  const name = await nameOf(slug);
  const answer = await fetch(`api/v1/passport/${name}`);
  if (!answer.ok) throw new Error(`${slug}: no such passport (HTTP ${answer.status})`);
  const { passport } = await answer.json();
  return { page: name, passport, unfragile: passport.unfragile, model: passport.unfragile.artifact.model ?? {} };
}

function table(found) {
  const rows = ROWS.map(([title, value]) => row(title, found.map(value)));
  for (const [title, list] of LISTS) rows.push(...listRows(title, found.map(list)));
  const sorted = [...rows.filter((one) => one.className === "differs"), ...rows.filter((one) => one.className === "same")];
  const heads = found.map(({ page, unfragile }) => {
    const link = cell("a", cell("bdi", unfragile.artifact.name.slice(0, 160)));
    link.href = page;
    const head = cell("th", link);
    head.scope = "col";
    return head;
  });
  const made = cell("table", cell("thead", cell("tr", cell("td"), ...heads)), cell("tbody", ...sorted));
  made.className = "compare";
  const scroll = cell("div", made);
  Object.assign(scroll, { className: "scroll", tabIndex: 0, role: "region", ariaLabel: "Comparison" });
  return scroll;
}

document.getElementById("chooser").addEventListener("submit", (event) => {
  event.preventDefault();
  const slug = document.getElementById("add").value.trim();
  if (!SLUG.test(slug)) return;
  location.search = [...slugs, slug].slice(-MOST).map((one) => `artifact=${encodeURIComponent(one)}`).join("&");
});
document.getElementById("add").addEventListener("focus", async () => {
  const answer = await fetch("data/table/0.json");
  if (!answer.ok) return;
  const { columns } = await answer.json();
  document.getElementById("slugs").append(...columns.slug.map((value) => Object.assign(document.createElement("option"), { value })));
}, { once: true });

if (slugs.length) {
  const found = await Promise.allSettled(slugs.map(read));
  const good = found.filter(({ status }) => status === "fulfilled").map(({ value }) => value);
  const bad = found.filter(({ status }) => status === "rejected").map(({ reason }) => cell("p", reason.message));
  const more = good.length < 2 ? [cell("p", "Add another one to see how they differ.")] : [];
  place.replaceChildren(...bad, ...more, ...(good.length ? [table(good)] : []));
}
