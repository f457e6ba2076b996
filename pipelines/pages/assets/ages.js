// Judges how fresh a passport is, from its signed dates alone, by the clock of the reader.

const CLOCK_SKEW_MS = 5 * 60 * 1000;
const DAY_MS = 24 * 60 * 60 * 1000;
const HOUR_MS = 60 * 60 * 1000;

/** Return the instant to judge by: the reader's clock, or for pages of a recording the instant of the recording. */
export function now() {
  const recorded = document.querySelector('meta[name="passports-clock"]');
  return recorded ? Date.parse(recorded.content) : Date.now();
}

/** Return the age of a passport at an instant: the same answer as `pipelines.freshness.age_at` gives. */
export function ageAt({ status, signed, expires, due, stale }, at) {
  if (signed && Date.parse(signed) - at > CLOCK_SKEW_MS) return "not_yet_valid";
  if (status === "delisted") return "delisted";
  if (expires && at >= Date.parse(expires)) return "expired";
  if (!stale) return "unknown";
  if (at > Date.parse(stale)) return "stale";
  return at > Date.parse(due) ? "due" : "fresh";
}

export const AGE_WORDS = {
  fresh: "fresh",
  due: "due to be observed again",
  stale: "stale: do not rely on it",
  expired: "expired: not valid any more",
  delisted: "delisted",
  not_yet_valid: "dated in the future",
  unknown: "states no dates",
};

/** Return how long an instant is away: "11 days left", "3 days ago". */
export function away(instant, at) {
  const distance = Date.parse(instant) - at;
  const size = Math.abs(distance);
  const [count, unit] = size < 2 * DAY_MS ? [Math.round(size / HOUR_MS), "hour"] : [Math.round(size / DAY_MS), "day"];
  const words = `${count.toLocaleString("en")} ${unit}${count === 1 ? "" : "s"}`;
  return distance < 0 ? `${words} ago` : `${words} left`;
}
