// Proves what the registry's public log states, and that it only grew: RFC 6962 over the tiles of c2sp.org/tlog-tiles.

import { fromHex, hex, sha256 } from "./bytes.js";

const WIDTH = 256;
const LEVELS = 8;
const HASH_BYTES = 32;
const MOST_ENTRIES = 2 ** 40;

const parent = (left, right) => sha256([1], left, right);
/** The largest power of two below a length of at least two. */
const split = (length) => 2 ** Math.ceil(Math.log2(length) - 1);

function tileKey(level, index, width) {
  const groups = [String(index % 1000).padStart(3, "0")];
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    groups.unshift(`x${String(rest % 1000).padStart(3, "0")}`);
  }
  return `tile/${level}/${groups.join("/")}${width < WIDTH ? `.p/${width}` : ""}`;
}

/** Return the root of a log from the roots of its complete subtrees, the largest first; null where they are not its. */
async function rootOf({ size, hashes }) {
  const bits = size.toString(2).replaceAll("0", "").length;
  if (!(size > 0 && size <= MOST_ENTRIES) || hashes.length !== bits) return null;
  const [last, ...before] = hashes.map(fromHex).reverse();
  let root = last;
  for (const left of before) root = await parent(left, root);
  return root;
}

/**
 * Return the log of a `head` (a snapshot's `log`), whose tiles are not trusted; `fetchFile(key)` returns bytes, or null.
 * What the snapshot's `run` added may not be at its own key yet.
 *
 * `leftOf(index, entry)`: the hashes to the left of an entry (bytes), the nearest first, if it is at that index; else null.
 * `rootAt(size)`: the root in hexadecimal that the log had at an earlier size; null where that cannot be proved.
 */
export function openLog(head, run, fetchFile) {
  const keys = (name) => [`registry/log/${name}`, `registry/log/pending/${run}/${name}`, `registry/log/${name}`];
  const read = async (name) => {
    for (const key of keys(name)) {
      const bytes = await fetchFile(key);
      if (bytes) return bytes;
    }
    return null;
  };

  async function complete(level, at) {
    const [tileLevel, above] = [Math.floor(level / LEVELS), level % LEVELS];
    const first = at * 2 ** above;
    const tile = Math.floor(first / WIDTH);
    const width = Math.min(WIDTH, Math.floor(head.size / WIDTH ** tileLevel) - tile * WIDTH);
    const bytes = await read(tileKey(tileLevel, tile, width));
    if (bytes?.length !== width * HASH_BYTES) throw new RangeError("a tile is missing, or has another size");
    const hash = (n) => bytes.slice((first % WIDTH + n) * HASH_BYTES, (first % WIDTH + n + 1) * HASH_BYTES);
    let hashes = Array.from({ length: 2 ** above }, (_, n) => hash(n));
    while (hashes.length > 1) {
      const below = hashes;
      hashes = await Promise.all(below.filter((_, n) => n % 2 === 0).map((one, n) => parent(one, below[2 * n + 1])));
    }
    return hashes[0];
  }

  /** The root of the entries from `start` to `end`. */
  async function over(start, end) {
    const level = Math.log2(end - start);
    if (Number.isInteger(level)) return complete(level, start / (end - start));
    const middle = start + split(end - start);
    return parent(await over(start, middle), await over(middle, end));
  }

  /** The same, with the hash of one entry given; the hashes to the left of it are added to `left`. */
  async function around(index, leaf, start, end, left) {
    if (end - start === 1) return leaf;
    const middle = start + split(end - start);
    if (index < middle) return parent(await around(index, leaf, start, middle, left), await over(middle, end));
    const before = await over(start, middle);
    left.unshift(before); // those further down come later, and are nearer
    return parent(before, await around(index, leaf, middle, end, left));
  }

  /** The roots of the entries from `start` up to `size`, and up to `end`, made from the same hashes. */
  async function both(size, start, end) {
    if (size === end) return Array(2).fill(await over(start, end));
    const middle = start + split(end - start);
    if (size <= middle) {
      const [older, left] = await both(size, start, middle);
      return [older, await parent(left, await over(middle, end))];
    }
    const left = await over(start, middle);
    const [older, right] = await both(size, middle, end);
    return [await parent(left, older), await parent(left, right)];
  }

  const isRoot = async (found) => hex(found) === hex(await rootOf(head) ?? []);
  const orNull = (prove) => async (...given) => {
    try {
      return await prove(...given);
    } catch (error) {
      if (error instanceof RangeError) return null;
      throw error;
    }
  };
  return {
    leftOf: orNull(async (index, entry) => {
      if (!(Number.isInteger(index) && index >= 0 && index < head.size)) return null;
      const left = [];
      return await isRoot(await around(index, await sha256([0], entry), 0, head.size, left)) ? left : null;
    }),
    rootAt: orNull(async (size) => {
      if (size === 0) return hex(await sha256());
      if (!(Number.isInteger(size) && size > 0 && size <= head.size)) return null;
      if (size === head.size) return hex(await rootOf(head) ?? []);
      const [older, whole] = await both(size, 0, head.size);
      return await isRoot(whole) ? hex(older) : null;
    }),
  };
}
