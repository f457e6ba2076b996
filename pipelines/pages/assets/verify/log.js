// Proves that the registry's public log states an entry: RFC 6962 over the tiles of c2sp.org/tlog-tiles.

const WIDTH = 256;
const LEVELS = 8;
const HASH_BYTES = 32;
const MOST_ENTRIES = 2 ** 40;

const sha256 = async (...parts) => {
  const bytes = new Uint8Array(parts.flatMap((part) => [...part]));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
};
const parent = (left, right) => sha256([1], left, right);
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const fromHex = (text) => Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));
/** The largest power of two below a length of at least two. */
const split = (length) => 2 ** Math.ceil(Math.log2(length) - 1);

function tileKey(level, index, width) {
  const groups = [String(index % 1000).padStart(3, "0")];
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    groups.unshift(`x${String(rest % 1000).padStart(3, "0")}`);
  }
  return `registry/log/tile/${level}/${groups.join("/")}${width < WIDTH ? `.p/${width}` : ""}`;
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
 * Return the hashes to the left of an entry, the nearest first, if the log of that `head` (a snapshot's `log`) states the
 * entry (bytes) at that index; null where it does not. `fetchFile(key)` returns the bytes at a key, or null.
 */
export async function proveLogged(head, index, entry, fetchFile) {
  const root = await rootOf(head);
  if (!root || !(Number.isInteger(index) && index >= 0 && index < head.size)) return null;
  const left = [];

  async function complete(level, at) {
    const [tileLevel, above] = [Math.floor(level / LEVELS), level % LEVELS];
    const first = at * 2 ** above;
    const tile = Math.floor(first / WIDTH);
    const width = Math.min(WIDTH, Math.floor(head.size / WIDTH ** tileLevel) - tile * WIDTH);
    const bytes = await fetchFile(tileKey(tileLevel, tile, width));
    if (bytes?.length !== width * HASH_BYTES) throw new RangeError("a tile is missing, or has another size");
    const hash = (n) => bytes.slice((first % WIDTH + n) * HASH_BYTES, (first % WIDTH + n + 1) * HASH_BYTES);
    let hashes = Array.from({ length: 2 ** above }, (_, n) => hash(n));
    while (hashes.length > 1) {
      const below = hashes;
      hashes = await Promise.all(below.filter((_, n) => n % 2 === 0).map((one, n) => parent(one, below[2 * n + 1])));
    }
    return hashes[0];
  }

  async function over(start, end) {
    const level = Math.log2(end - start);
    if (Number.isInteger(level)) return complete(level, start / (end - start));
    const middle = start + split(end - start);
    return parent(await over(start, middle), await over(middle, end));
  }

  async function around(start, end) {
    if (end - start === 1) return sha256([0], entry);
    const middle = start + split(end - start);
    if (index < middle) return parent(await around(start, middle), await over(middle, end));
    const before = await over(start, middle);
    left.unshift(before); // those further down come later, and are nearer
    return parent(before, await around(middle, end));
  }

  try {
    return hex(await around(0, head.size)) === hex(root) ? left : null;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
