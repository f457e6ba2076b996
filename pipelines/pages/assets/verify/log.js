// Proves what the registry's public log states, and that it only grew: RFC 6962 over the tiles of c2sp.org/tlog-tiles.

import { fromHex, hex, sha256 } from "./bytes.js";

const WIDTH = 256;
const LEVELS = 8;
const HASH_BYTES = 32;
const MOST_ENTRIES = 2 ** 40;

const parent = (left, right) => sha256([1], left, right);
/** The largest power of two below a length of at least two. */
const split = (length) => 2 ** Math.ceil(Math.log2(length) - 1);
const within = (number, least, most) => Number.isInteger(number) && least <= number && number <= most;

function tileKey(level, index, width) {
  const groups = [String(index % 1000).padStart(3, "0")];
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    groups.unshift(`x${String(rest % 1000).padStart(3, "0")}`);
  }
  return `tile/${level}/${groups.join("/")}${width < WIDTH ? `.p/${width}` : ""}`;
}

/** Return the root of a log, in hexadecimal, from the roots of its complete subtrees, the largest first. */
async function rootOf(hashes) {
  const [last = await sha256(), ...before] = [...hashes].reverse();
  let root = last;
  for (const left of before) root = await parent(left, root);
  return hex(root);
}

/**
 * Return the log of a `head` (a snapshot's `log`), whose tiles are not trusted; `fetchFile(key)` returns bytes, or null.
 * What the snapshot's `run` added may not be at its own key yet.
 *
 * `leftOf(index, entry)`: the hashes to the left of an entry (bytes), the nearest first, if it is at that index; else null.
 * `rootAt(size)`: the root in hexadecimal that the log had at an earlier size; null where that cannot be proved.
 */
export function openLog({ size: whole, hashes }, run, fetchFile) {
  const complete = whole.toString(2).replaceAll("0", "").length;
  const sound = within(whole, 1, MOST_ENTRIES) && hashes.length === complete;

  async function read(name) {
    for (const key of [`registry/log/${name}`, `registry/log/pending/${run}/${name}`, `registry/log/${name}`]) {
      const bytes = await fetchFile(key);
      if (bytes) return bytes;
    }
    return null;
  }

  /** The root of a complete subtree, from its tile: the `at`-th of 2^level entries; null where the tile is missing. */
  async function subtree(level, at) {
    const [tileLevel, above] = [Math.floor(level / LEVELS), level % LEVELS];
    const first = at * 2 ** above;
    const tile = Math.floor(first / WIDTH);
    const width = Math.min(WIDTH, Math.floor(whole / WIDTH ** tileLevel) - tile * WIDTH);
    const bytes = await read(tileKey(tileLevel, tile, width));
    if (bytes?.length !== width * HASH_BYTES) return null;
    let nodes = Array.from({ length: 2 ** above }, (_, n) => first % WIDTH + n)
      .map((n) => bytes.slice(n * HASH_BYTES, (n + 1) * HASH_BYTES));
    while (nodes.length > 1) {
      const below = nodes;
      nodes = await Promise.all(below.filter((_, n) => n % 2 === 0).map((one, n) => parent(one, below[2 * n + 1])));
    }
    return nodes[0];
  }

  /** The root of the entries from `start` to `end`; adds the subtrees that it is made of to `parts`, none across a cut. */
  async function over(start, end, cuts, parts) {
    const level = Math.log2(end - start);
    if (Number.isInteger(level) && !cuts.some((cut) => start < cut && cut < end)) {
      const hash = await subtree(level, start / (end - start));
      parts.push({ start, end, hash });
      return hash;
    }
    const middle = start + split(end - start);
    const left = await over(start, middle, cuts, parts);
    const right = left && await over(middle, end, cuts, parts);
    return right && parent(left, right);
  }

  /** The log's complete subtrees from left to right, none across a cut, if they lead to the signed root; else null. */
  async function proved(...cuts) {
    const parts = [];
    const root = sound && await over(0, whole, cuts, parts);
    return root && hex(root) === await rootOf(hashes.map(fromHex)) ? parts : null;
  }

  return {
    async leftOf(index, entry) {
      const parts = within(index, 0, whole - 1) ? await proved(index, index + 1) : null;
      const leaf = parts?.find(({ start }) => start === index);
      if (!leaf || hex(leaf.hash) !== hex(await sha256([0], entry))) return null;
      return parts.filter(({ end }) => end <= index).map(({ hash }) => hash).reverse();
    },
    async rootAt(size) {
      if (sound && size === whole) return rootOf(hashes.map(fromHex));
      const parts = within(size, 0, whole) ? await proved(size) : null;
      return parts && rootOf(parts.filter(({ end }) => end <= size).map(({ hash }) => hash));
    },
  };
}
