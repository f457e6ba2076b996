// Unpacks a zstd frame (RFC 8878), as browsers cannot: the registry's shards and deltas are packed so.
// The frame's own checksum is not read: whoever calls has compared the hash of the packed bytes with a signed one.

const MAGIC = 0xfd2fb528;
const MOST_BLOCK_BYTES = 128 * 1024;

const counted = (first, ...runs) => runs.reduce((all, [times, bits]) => {
  for (let n = 0; n < times; n += 1) all.push([all.length ? all.at(-1)[0] + 2 ** all.at(-1)[1] : first, bits]);
  return all;
}, []);
const each = (...bits) => bits.map((one) => [1, one]);

// Section 3.1.1.3.2.1.1: code → first value and number of extra bits.
const LITERAL_LENGTHS = counted(0, [16, 0], [4, 1], [2, 2], [2, 3], ...each(4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16));
const MATCH_LENGTHS = counted(
  3, [32, 0], [4, 1], [2, 2], [2, 3], [2, 4], ...each(5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16),
);
const OFFSETS = Array.from({ length: 32 }, (_, code) => [2 ** code, code]);

const times = (...runs) => runs.flatMap(([count, value]) => Array(count).fill(value));
// Section 3.1.1.3.2.2: the distributions that are used where a block states none, and their accuracy.
const KINDS = {
  literalLengths: {
    codes: LITERAL_LENGTHS, most: 9, accuracy: 6,
    usual: times([1, 4], [1, 3], [11, 2], [3, 1], [9, 2], [1, 3], [1, 2], [5, 1], [4, -1]),
  },
  offsets: { codes: OFFSETS, most: 8, accuracy: 5, usual: times([6, 1], [3, 2], [15, 1], [5, -1]) },
  matchLengths: {
    codes: MATCH_LENGTHS, most: 9, accuracy: 6,
    usual: times([1, 1], [1, 4], [1, 3], [6, 2], [37, 1], [7, -1]),
  },
};

export class UnpackError extends Error {}

function ensure(condition) {
  if (!condition) throw new UnpackError("the packed file is damaged");
}

const highestBit = (number) => 31 - Math.clz32(number);

/** Bits of a byte range from its end to its beginning, most significant first; beyond the beginning there are zeros. */
class BackwardBits {
  constructor(bytes) {
    ensure(bytes.length && bytes.at(-1));
    this.bytes = bytes;
    this.left = (bytes.length - 1) * 8 + highestBit(bytes.at(-1));
  }

  read(count) {
    this.left -= count;
    return this.at(this.left, count);
  }

  at(start, count) {
    let value = 0;
    for (let index = Math.max(0, start >> 3); index * 8 < start + count; index += 1) {
      value += this.bytes[index] * 2 ** (index * 8 - start);
    }
    return Math.floor(value) % 2 ** count;
  }
}

/** Section 4.1.1: the distribution that a range begins with, and how many bytes it takes. */
function distribution(bytes, most) {
  ensure(bytes.length);
  let at = 4;
  const peek = (count) => {
    let value = 0;
    for (let index = at >> 3; index * 8 < at + count; index += 1) value += (bytes[index] ?? 0) * 2 ** (index * 8 - (at & ~7));
    return Math.floor(value / 2 ** (at & 7)) % 2 ** count;
  };
  const accuracy = (bytes[0] & 15) + 5;
  ensure(accuracy <= most);
  const probabilities = [];
  for (let left = 2 ** accuracy; left > 0;) {
    const count = highestBit(left + 1) + 1;
    const spare = 2 ** count - 1 - (left + 1);
    let value = peek(count);
    const low = value % 2 ** (count - 1);
    at += count;
    if (low < spare) [value, at] = [low, at - 1];
    else if (value >= 2 ** (count - 1)) value -= spare;
    probabilities.push(value - 1);
    left -= Math.abs(value - 1);
    if (value === 1) {
      for (let zeros = 3; zeros === 3;) {
        zeros = peek(2);
        at += 2;
        probabilities.push(...Array(zeros).fill(0));
      }
    }
    ensure(left >= 0 && probabilities.length <= 256 && at <= bytes.length * 8);
  }
  return { probabilities, accuracy, length: (at + 7) >> 3 };
}

/** Section 4.1.1: state → symbol, number of bits to read for the next state, and what is added to them. */
function stateTable(probabilities, accuracy) {
  const size = 2 ** accuracy;
  const symbols = new Uint16Array(size);
  let end = size;
  probabilities.forEach((probability, symbol) => { if (probability === -1) symbols[--end] = symbol; });
  const step = (size >> 1) + (size >> 3) + 3;
  let place = 0;
  probabilities.forEach((probability, symbol) => {
    for (let n = 0; n < probability; n += 1) {
      symbols[place] = symbol;
      do place = (place + step) % size; while (place >= end);
    }
  });
  ensure(place === 0);
  const next = probabilities.map(Math.abs);
  const states = Array.from(symbols, (symbol) => {
    const number = next[symbol]++;
    const bits = accuracy - highestBit(number);
    return { symbol, bits, base: number * 2 ** bits - size };
  });
  return { states, accuracy };
}

/** Section 4.2.1: the Huffman table that literals begin with, as code → symbol and length, and how many bytes it takes. */
function huffmanTable(bytes) {
  ensure(bytes.length);
  const [head] = bytes;
  const length = 1 + (head < 128 ? head : (head - 126) >> 1);
  ensure(length <= bytes.length);
  const weights = head < 128 ? packedWeights(bytes.subarray(1, length))
    : Array.from({ length: head - 127 }, (_, n) => (n % 2 ? bytes[1 + (n >> 1)] & 15 : bytes[1 + (n >> 1)] >> 4));
  const sum = weights.reduce((all, weight) => all + (weight && 2 ** (weight - 1)), 0);
  ensure(sum && sum < 2 ** 11 && weights.length < 256);
  const most = highestBit(sum) + 1;
  const rest = 2 ** most - sum;
  ensure(2 ** highestBit(rest) === rest);
  weights.push(highestBit(rest) + 1);
  const codes = [];
  for (let weight = 1; weight <= most; weight += 1) {
    weights.forEach((own, symbol) => {
      if (own === weight) codes.push(...Array(2 ** (weight - 1)).fill({ symbol, bits: most + 1 - weight }));
    });
  }
  ensure(codes.length === 2 ** most);
  return { codes, most, length };
}

function packedWeights(bytes) {
  const { probabilities, accuracy, length } = distribution(bytes, 6);
  const { states } = stateTable(probabilities, accuracy);
  const bits = new BackwardBits(bytes.subarray(length));
  const now = [states[bits.read(accuracy)], states[bits.read(accuracy)]];
  const weights = [];
  for (let turn = 0; ; turn ^= 1) {
    ensure(weights.length < 255);
    weights.push(now[turn].symbol);
    const value = bits.read(now[turn].bits);
    if (bits.left < 0) return [...weights, now[turn ^ 1].symbol];
    now[turn] = states[now[turn].base + value];
  }
}

function huffmanText(bytes, { codes, most }, size) {
  const bits = new BackwardBits(bytes);
  const text = new Uint8Array(size);
  for (let n = 0; n < size; n += 1) {
    const { symbol, bits: used } = codes[bits.at(bits.left - most, most)];
    text[n] = symbol;
    bits.left -= used;
  }
  ensure(bits.left === 0);
  return text;
}

/** Section 3.1.1.3.1: the literals of a block, and how many bytes they take. */
function literalsOf(block, memory) {
  const [head] = block;
  const [kind, form] = [head & 3, (head >> 2) & 3];
  const number = (count) => block.subarray(0, count).reduce((all, byte, n) => all + byte * 2 ** (8 * n), 0);
  if (kind < 2) {
    const headBytes = [1, 2, 1, 3][form];
    const size = Math.floor(number(headBytes) / (headBytes === 1 ? 8 : 16));
    ensure(size <= MOST_BLOCK_BYTES);
    if (kind === 1) return [new Uint8Array(size).fill(block[headBytes]), headBytes + 1];
    ensure(headBytes + size <= block.length);
    return [block.subarray(headBytes, headBytes + size), headBytes + size];
  }
  const headBytes = [3, 3, 4, 5][form];
  const width = [10, 10, 14, 18][form];
  const size = Math.floor(number(headBytes) / 16) % 2 ** width;
  const packed = Math.floor(number(headBytes) / 2 ** (4 + width));
  ensure(size <= MOST_BLOCK_BYTES && headBytes + packed <= block.length);
  let rest = block.subarray(headBytes, headBytes + packed);
  if (kind === 2) {
    memory.huffman = huffmanTable(rest);
    rest = rest.subarray(memory.huffman.length);
  }
  ensure(memory.huffman);
  if (form === 0) return [huffmanText(rest, memory.huffman, size), headBytes + packed];
  ensure(rest.length > 6);
  const lengths = [0, 2, 4].map((at) => rest[at] + rest[at + 1] * 256);
  const part = (size + 3) >> 2;
  const text = new Uint8Array(size);
  let at = 6;
  [...lengths, rest.length].forEach((length, n) => {
    const to = Math.min(rest.length, at + length);
    const own = n < 3 ? part : size - 3 * part;
    ensure(own >= 0);
    text.set(huffmanText(rest.subarray(at, to), memory.huffman, own), n * part);
    at = to;
  });
  return [text, headBytes + packed];
}

/** Section 3.1.1.3.2.1: the table that one of the block's three codes uses, and how many bytes it takes. */
function tableOf(mode, name, bytes, memory) {
  const { codes, most, usual, accuracy } = KINDS[name];
  let length = 0;
  if (mode === 0) memory[name] = stateTable(usual, accuracy);
  else if (mode === 1) [memory[name], length] = [{ states: [{ symbol: bytes[0], bits: 0, base: 0 }], accuracy: 0 }, 1];
  else if (mode === 2) {
    const stated = distribution(bytes, most);
    ensure(stated.probabilities.length <= codes.length);
    [memory[name], length] = [stateTable(stated.probabilities, stated.accuracy), stated.length];
  }
  ensure(memory[name]);
  return length;
}

/** Section 3.1.1.4: what the offset of a sequence is, given the three used before. */
function offsetOf(value, literalLength, before) {
  if (value > 3) {
    before.unshift(value - 3);
    before.pop();
    return value - 3;
  }
  const index = value - 1 + (literalLength === 0 ? 1 : 0);
  const offset = index === 3 ? before[0] - 1 : before[index];
  before.splice(Math.min(index, 2), 1);
  before.unshift(offset);
  return offset;
}

function unpackBlock(block, out, memory) {
  ensure(block.length > 1);
  const [literals, begin] = literalsOf(block, memory);
  const [a, b, c] = block.subarray(begin);
  const sequences = a < 128 ? a : a < 255 ? (a - 128) * 256 + b : b + c * 256 + 0x7f00;
  let at = begin + (a < 128 ? 1 : a < 255 ? 2 : 3);
  let used = 0;
  const take = (count) => {
    ensure(used + count <= literals.length);
    out.append(literals.subarray(used, used + count));
    used += count;
  };
  if (sequences) {
    const modes = block[at];
    at += 1;
    ["literalLengths", "offsets", "matchLengths"].forEach((name, n) => {
      at += tableOf((modes >> (6 - 2 * n)) & 3, name, block.subarray(at), memory);
    });
    const bits = new BackwardBits(block.subarray(at));
    const names = ["literalLengths", "offsets", "matchLengths"];
    const state = Object.fromEntries(names.map((name) => [name, memory[name].states[bits.read(memory[name].accuracy)]]));
    const value = (name) => {
      ensure(state[name].symbol < KINDS[name].codes.length);
      const [first, extra] = KINDS[name].codes[state[name].symbol];
      return first + bits.read(extra);
    };
    for (let n = 0; n < sequences; n += 1) {
      const [stated, matchLength, literalLength] = [value("offsets"), value("matchLengths"), value("literalLengths")];
      take(literalLength);
      out.repeat(offsetOf(stated, literalLength, memory.before), matchLength);
      if (n + 1 < sequences) {
        for (const name of ["literalLengths", "matchLengths", "offsets"]) {
          state[name] = memory[name].states[state[name].base + bits.read(state[name].bits)];
        }
      }
      ensure(bits.left >= 0);
    }
    ensure(bits.left === 0);
  }
  take(literals.length - used);
}

/** The bytes unpacked so far, at most as many as were allowed. */
class Output {
  constructor(most) {
    this.most = most;
    this.bytes = new Uint8Array(Math.min(most, 1 << 16));
    this.length = 0;
  }

  reserve(count) {
    const wanted = this.length + count;
    if (wanted > this.most) throw new UnpackError(`the file unpacks to more than ${this.most} bytes`);
    if (wanted <= this.bytes.length) return;
    const larger = new Uint8Array(Math.min(this.most, Math.max(wanted, this.bytes.length * 2)));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }

  append(bytes) {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  repeat(offset, count) {
    ensure(offset > 0 && offset <= this.length);
    this.reserve(count);
    for (let n = 0; n < count; n += 1) this.bytes[this.length + n] = this.bytes[this.length + n - offset];
    this.length += count;
  }
}

/**
 * Return the unpacked bytes of one whole frame without a dictionary; throw UnpackError on any other body, and before
 * more than `most` bytes are unpacked.
 */
export function unpack(body, most) {
  const number = (at, count) => {
    ensure(at + count <= body.length);
    return body.subarray(at, at + count).reduce((all, byte, n) => all + byte * 2 ** (8 * n), 0);
  };
  ensure(number(0, 4) === MAGIC);
  const flags = number(4, 1);
  const single = (flags >> 5) & 1;
  ensure(!(flags & 0b1011)); // the reserved bit, and a dictionary
  let at = 5 + (single ? 0 : 1) + [single, 2, 4, 8][flags >> 6];
  const out = new Output(most);
  const memory = { before: [1, 4, 8] };
  for (let last = 0; !last;) {
    const head = number(at, 3);
    const [kind, size] = [(head >> 1) & 3, head >> 3];
    last = head & 1;
    at += 3;
    ensure(kind < 3 && size <= MOST_BLOCK_BYTES && at + (kind === 1 ? 1 : size) <= body.length);
    if (kind === 0) out.append(body.subarray(at, at + size));
    else if (kind === 1) out.append(new Uint8Array(size).fill(body[at]));
    else unpackBlock(body.subarray(at, at + size), out, memory);
    at += kind === 1 ? 1 : size;
  }
  ensure(at + (flags & 4 ? 4 : 0) === body.length);
  return out.bytes.subarray(0, out.length);
}
