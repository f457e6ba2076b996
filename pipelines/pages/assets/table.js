// The table of all passports: instant search, filters and sorting; the state is in the address, so that it can be shared.

import { ageAt, now } from "./ages.js";

const PAGE_ROWS = 100;
const MOST_COMPARED = 4;
const ADDRESS_MS = 150;
const FILTERS = ["q", "purpose", "capability", "input", "output", "weights", "price", "context", "data", "risk", "status",
  "freshness", "sort", "maker", "failure"];
const PERMISSIVE = new Set(["mit", "apache-2.0"]);

const form = document.getElementById("finder");
const body = document.getElementById("rows");
const counted = document.getElementById("count");
const at = now();
let rows = null;
let loading = null;
let state = {};
let page = 1;
const picked = new Set();

const tokens = (count) => count === null ? "–"
  : count >= 1e6 ? `${Number((count / 1e6).toFixed(2))}M` : count >= 1e3 ? `${Math.floor(count / 1e3)}k` : `${count}`;
const digits = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 10, useGrouping: false });
const rough = (amount) => digits.format(Number(Number(amount).toPrecision(4)));
const plain = (text) => text.normalize("NFKD").toLowerCase();

/** Read one part of the table: columns with coded values → rows. */
function unfold({ rows: count, lists, columns, pages }) {
  const decoded = {};
  for (const [name, values] of Object.entries(columns)) {
    const list = lists[name];
    decoded[name] = !list ? values : values.map((value) => Array.isArray(value) ? value.map((one) => list[one]) : list[value]);
  }
  return Array.from({ length: count }, (_, number) => {
    const row = {};
    for (const name of Object.keys(decoded)) row[name] = decoded[name][number];
    row.page = pages[row.slug] ?? row.slug;
    row.cost = row.free ? 0 : row.tokens_in === "" ? null : Number(row.tokens_in);
    row.age = ageAt(row, at);
    row.words = plain([row.name, row.slug, row.maker, row.licence, ...row.purposes.map(tail), ...row.capabilities.map(tail)].join(" "));
    return row;
  });
}

const names = new Map();
for (const option of form.querySelectorAll("#purpose option, #capability option")) names.set(option.value, option.textContent);
const tail = (uri) => names.get(uri) ?? uri.split(".").slice(-2).join(" ");

/** Load every part once; rows that came already can be searched while the others come. */
function load() {
  loading ??= (async () => {
    const parts = Number(form.dataset.parts);
    const found = [];
    let done = 0;
    await Promise.all(Array.from({ length: parts }, async (_, index) => {
      const answer = await fetch(`data/table/${index}.json`);
      if (!answer.ok && answer.status !== 404) throw new Error(`part ${index} of the table: HTTP ${answer.status}`);
      if (answer.ok) found.push(...unfold(await answer.json()));
      done += 1;
      if (parts > 1) counted.textContent = `Reading the table: ${done} of ${parts} parts`;
    }));
    rows = found;
    sorted.clear();
    before = { others: null, q: "", found: [] };
  })();
  return loading;
}

/** Filter → from its value to a test of a row; made once for each change, so that a keystroke tests rows and no more. */
const TESTS = {
  purpose: (value) => (row) => row.purposes.includes(value),
  capability: (value) => (row) => row.capabilities.includes(value),
  input: (value) => (row) => row.inputs.includes(value),
  output: (value) => (row) => row.outputs.includes(value),
  weights: (value) => value === "permissive" ? (row) => PERMISSIVE.has(row.licence.toLowerCase()) : (row) => row.weights === value,
  price: (value) => (row) => row.cost !== null && row.cost <= Number(value),
  context: (value) => (row) => (row.context ?? 0) >= Number(value),
  data: (value) => value === "zero" ? (row) => row.zero === 1 : (row) => row.regions.includes(value),
  risk: (value) => (row) => row.risk === value,
  status: (value) => (row) => row.status === value,
  freshness: (value) => (row) => row.age === value,
  maker: (value) => (row) => row.maker === value,
  failure: (value) => (row) => row.modes.includes(value),
  q: (value) => {
    const words = plain(value).split(/\s+/).filter(Boolean);
    return (row) => words.every((word) => row.words.includes(word));
  },
};

let before = { others: null, q: "", found: [] };

/** Return the rows that meet every filter, in order; of a search that goes on, only those found so far are tested. */
function selected() {
  const order = state.sort in ORDERS ? state.sort : "";
  const q = plain(state.q ?? "");
  const others = JSON.stringify({ ...state, q: "", sort: order });
  const narrowed = before.others === others && q.startsWith(before.q);
  const tests = Object.entries(TESTS).filter(([name]) => state[name] && (!narrowed || name === "q"));
  const found = tests.reduce((left, [name, test]) => left.filter(test(state[name])), narrowed ? before.found : inOrder(order));
  before = { others, q, found };
  return found;
}

const last = (value) => value ?? Infinity;
const collator = new Intl.Collator("en");
const byUse = (a, b) => last(a.rank) - last(b.rank) || b.score - a.score || (a.slug < b.slug ? -1 : 1);
const ORDERS = {
  "": byUse,
  score: (a, b) => b.score - a.score || byUse(a, b),
  price: (a, b) => last(a.cost) - last(b.cost) || byUse(a, b),
  context: (a, b) => (b.context ?? -1) - (a.context ?? -1) || byUse(a, b),
  name: (a, b) => collator.compare(a.name, b.name) || byUse(a, b),
  signed: (a, b) => (a.signed < b.signed ? 1 : a.signed > b.signed ? -1 : byUse(a, b)),
};
const sorted = new Map();
const FALLING = new Set(["score", "context", "signed"]);
const heads = [...document.querySelectorAll("th[data-sort]")];

/** Return all rows in an order, which is made when it is first asked for. */
function inOrder(name) {
  if (!sorted.has(name)) sorted.set(name, [...rows].sort(ORDERS[name]));
  return sorted.get(name);
}

function cell(name, className, ...content) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

function badge(text) {
  return cell("span", `badge ${text}`, text);
}

function drawn(row) {
  const link = cell("a", "", cell("bdi", "", row.name));
  link.href = row.page;
  const small = cell("small", "", row.maker, " ");
  if (row.status !== "active") small.append(badge(row.status));
  if (row.ends) small.append(` ends ${row.ends}`);
  const head = cell("th", "model", link, small);
  head.scope = "row";
  const box = document.createElement("input");
  Object.assign(box, { type: "checkbox", value: row.slug, checked: picked.has(row.slug), ariaLabel: `Compare ${row.name}` });
  const money = (amount) => row.free ? "free" : amount === "" ? "–" : `$${rough(amount)}`;
  const time = cell("time", "", row.signed.slice(0, 10));
  time.dateTime = row.signed;
  return cell("tr", "", cell("td", "pick wide-only", box), head,
    cell("td", "wide-only", row.purposes.slice(0, 3).map(tail).join(", ") || "not stated"),
    cell("td", "num", money(row.tokens_in)), cell("td", "num wide-only", money(row.tokens_out)),
    cell("td", "num wide-only", tokens(row.context)), cell("td", "num", `${row.score}`),
    cell("td", "wide-only", badge(row.risk)), cell("td", "num", time, " ", cell("span", "sub", row.age)));
}

function draw() {
  const found = selected();
  const pages = Math.max(1, Math.ceil(found.length / PAGE_ROWS));
  page = Math.min(Math.max(1, page), pages);
  body.replaceChildren(...found.slice((page - 1) * PAGE_ROWS, page * PAGE_ROWS).map(drawn));
  const about = [state.maker && `by ${state.maker}`, state.failure && `failure mode ${state.failure}`].filter(Boolean).join(", ");
  counted.textContent = found.length === 0 ? "No passport fits: remove a filter"
    : `${found.length.toLocaleString("en")} of ${rows.length.toLocaleString("en")} passports${about ? `: ${about}` : ""}`;
  for (const head of heads) {
    if (head.dataset.sort === state.sort) head.ariaSort = FALLING.has(state.sort) ? "descending" : "ascending";
    else head.removeAttribute("aria-sort");
  }
  document.getElementById("page").textContent = `Page ${page} of ${pages}`;
  document.getElementById("back").disabled = page === 1;
  document.getElementById("next").disabled = page === pages;
}

let frame = 0;

/** Draw once before the next frame, however often the state changes until then. */
const soon = () => { cancelAnimationFrame(frame); frame = requestAnimationFrame(draw); };

async function update() {
  try {
    await load();
    soon();
  } catch (error) {
    loading = null;
    counted.textContent = `The table cannot be read (${error.message}): the list below is without your filters`;
  }
}

function readForm() {
  state = { ...(state.maker && { maker: state.maker }), ...(state.failure && { failure: state.failure }) };
  for (const [name, value] of new FormData(form)) if (value.trim()) state[name] = value.trim();
}

let pending = null;

/** Put the state into the address when it has not changed for a moment: browsers refuse to do so at every keystroke. */
function later() {
  clearTimeout(pending);
  pending = setTimeout(putAddress, ADDRESS_MS);
}

function putAddress() {
  clearTimeout(pending);
  pending = null;
  const search = new URLSearchParams(FILTERS.filter((name) => state[name]).map((name) => [name, state[name]]));
  if (page > 1) search.set("page", page);
  const text = search.toString();
  history.replaceState(null, "", text ? `?${text}` : location.pathname);
}

function fromAddress() {
  const search = new URLSearchParams(location.search);
  state = {};
  for (const name of FILTERS) {
    const value = search.get(name)?.slice(0, 300);
    if (!value) continue;
    const field = form.elements[name];
    if (field?.tagName === "SELECT" && ![...field.options].some((option) => (option.value || option.text) === value)) continue;
    if (field) field.value = value;
    state[name] = value;
  }
  page = Number.parseInt(search.get("page"), 10) || 1;
  return Object.keys(state).length > 0 || page > 1;
}

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("input", () => { readForm(); page = 1; later(); update(); });
form.addEventListener("focusin", () => { load().catch(() => { loading = null; }); }, { once: true });
form.addEventListener("reset", () => setTimeout(() => { state = {}; page = 1; later(); update(); }));
for (const [id, step] of [["back", -1], ["next", 1]]) {
  document.getElementById(id).addEventListener("click", async () => {
    page += step;
    await update();
    later();
    document.getElementById("finder").scrollIntoView();
  });
}
body.addEventListener("change", ({ target }) => {
  if (target.checked && picked.size >= MOST_COMPARED) { target.checked = false; return; }
  if (target.checked) picked.add(target.value); else picked.delete(target.value);
  const link = document.getElementById("picked");
  link.href = `compare?${[...picked].map((slug) => `artifact=${encodeURIComponent(slug)}`).join("&")}`;
  link.textContent = picked.size ? `Compare the chosen ${picked.size}` : "Compare the chosen ones";
});
for (const head of heads) {
  const button = cell("button", "", ...head.childNodes);
  button.type = "button";
  button.addEventListener("click", () => {
    form.elements.sort.value = state.sort === head.dataset.sort ? "" : head.dataset.sort;
    form.dispatchEvent(new Event("input"));
  });
  head.append(button);
}
document.addEventListener("click", () => { if (pending) putAddress(); }, true);
window.addEventListener("popstate", () => { fromAddress(); update(); });

if (fromAddress()) update();
