// The table of all passports: instant search, filters and sorting; the state is in the address, so that it can be shared.

import { ageAt, now } from "./ages.js";

const PAGE_ROWS = 100;
const MOST_COMPARED = 4;
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
const rough = (amount) => Number(Number(amount).toPrecision(4))
  .toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 10, useGrouping: false });
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
  })();
  return loading;
}

function matches(row, { q, purpose, capability, input, output, weights, price, context, data, risk, status, freshness, maker, failure }) {
  return (!purpose || row.purposes.includes(purpose))
    && (!capability || row.capabilities.includes(capability))
    && (!input || row.inputs.includes(input))
    && (!output || row.outputs.includes(output))
    && (!weights || (weights === "permissive" ? PERMISSIVE.has(row.licence.toLowerCase()) : row.weights === weights))
    && (!price || (row.cost !== null && row.cost <= Number(price)))
    && (!context || (row.context ?? 0) >= Number(context))
    && (!data || (data === "zero" ? row.zero === 1 : row.regions.includes(data)))
    && (!risk || row.risk === risk)
    && (!status || row.status === status)
    && (!freshness || row.age === freshness)
    && (!maker || row.maker === maker)
    && (!failure || row.modes.includes(failure))
    && (!q || plain(q).split(/\s+/).every((word) => row.words.includes(word)));
}

const last = (value) => value ?? Infinity;
const byUse = (a, b) => last(a.rank) - last(b.rank) || b.score - a.score || (a.slug < b.slug ? -1 : 1);
const ORDERS = {
  "": byUse,
  score: (a, b) => b.score - a.score || byUse(a, b),
  price: (a, b) => last(a.cost) - last(b.cost) || byUse(a, b),
  context: (a, b) => (b.context ?? -1) - (a.context ?? -1) || byUse(a, b),
  name: (a, b) => a.name.localeCompare(b.name) || byUse(a, b),
  signed: (a, b) => (a.signed < b.signed ? 1 : a.signed > b.signed ? -1 : byUse(a, b)),
};

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
  const found = rows.filter((row) => matches(row, state)).sort(ORDERS[state.sort ?? ""] ?? byUse);
  const pages = Math.max(1, Math.ceil(found.length / PAGE_ROWS));
  page = Math.min(Math.max(1, page), pages);
  body.replaceChildren(...found.slice((page - 1) * PAGE_ROWS, page * PAGE_ROWS).map(drawn));
  const about = [state.maker && `by ${state.maker}`, state.failure && `failure mode ${state.failure}`].filter(Boolean).join(", ");
  counted.textContent = found.length === 0 ? "No passport fits: remove a filter"
    : `${found.length.toLocaleString("en")} of ${rows.length.toLocaleString("en")} passports${about ? ` ${about}` : ""}`;
  document.getElementById("page").textContent = `Page ${page} of ${pages}`;
  document.getElementById("back").disabled = page === 1;
  document.getElementById("next").disabled = page === pages;
}

async function update() {
  try {
    await load();
    draw();
  } catch (error) {
    loading = null;
    counted.textContent = `The table cannot be read (${error.message}): the list below is without your filters`;
  }
}

function readForm() {
  state = { ...(state.maker && { maker: state.maker }), ...(state.failure && { failure: state.failure }) };
  for (const [name, value] of new FormData(form)) if (value.trim()) state[name] = value.trim();
}

function address() {
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
form.addEventListener("input", () => { readForm(); page = 1; address(); update(); });
form.addEventListener("focusin", () => { load().catch(() => { loading = null; }); }, { once: true });
form.addEventListener("reset", () => setTimeout(() => { state = {}; page = 1; address(); update(); }));
for (const [id, step] of [["back", -1], ["next", 1]]) {
  document.getElementById(id).addEventListener("click", async () => {
    page += step;
    await update();
    address();
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
window.addEventListener("popstate", () => { fromAddress(); update(); });

if (fromAddress()) update();
