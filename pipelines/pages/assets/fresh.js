// Says on a page how fresh what it shows is: verdicts beside the signed dates.

import { AGE_WORDS, ageAt, away, now } from "./ages.js";

const at = now();

for (const place of document.querySelectorAll("[data-age]")) {
  const age = ageAt(place.dataset, at);
  place.textContent = AGE_WORDS[age].split(":")[0];
  place.className = `badge ${age}`;
}
for (const place of document.querySelectorAll("[data-days]")) place.textContent = away(place.dataset.days, at);
for (const place of document.querySelectorAll("[data-source-age]")) {
  const { due, stale } = place.dataset;
  const age = ageAt({ due, stale }, at);
  place.textContent = age;
  place.className = `badge ${age}`;
}
