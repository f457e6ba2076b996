// Reads only JSON that every parser understands alike, and writes the canonical form that is signed (RFC 8785).

export class MalformedJson extends Error {}

const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SPACE = /[ \t\n\r]*/y;
const WORDS = [["true", true], ["false", false], ["null", null]];

/**
 * Return the value that the bytes hold, in UTF-8; throw MalformedJson on what is not JSON, on repeated keys, lone
 * surrogates, integers beyond ±(2^53-1), numbers too large for a double, and on what is longer or deeper than allowed.
 * Objects have no prototype, so that no key of theirs means anything to the language. `numberOf` makes a number's value
 * from its text; without it, it is a double.
 */
export function parse(bytes, { mostBytes, mostDepth, numberOf }) {
  if (bytes.length > mostBytes) throw new MalformedJson(`${bytes.length} bytes, more than ${mostBytes}`);
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new MalformedJson("not UTF-8");
  }
  let at = 0;
  const refuse = (reason) => { throw new MalformedJson(`${reason} at character ${at}`); };
  const match = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at = pattern.lastIndex;
    return found;
  };
  const next = (character) => {
    match(SPACE);
    if (text[at] !== character) return false;
    at += 1;
    return true;
  };
  const string = () => {
    const found = match(STRING) ?? refuse("not JSON: no string");
    const value = JSON.parse(found[0]);
    return value.isWellFormed?.() ?? !/\p{Surrogate}/u.test(value) ? value : refuse("a lone surrogate");
  };
  const number = () => {
    const [digits, fraction, exponent] = match(NUMBER) ?? refuse("not JSON: no value");
    if (numberOf) return numberOf(digits);
    const value = Number(digits);
    if (!Number.isFinite(value)) refuse("a number too large for a double");
    if (!fraction && !exponent && !Number.isSafeInteger(value)) refuse("an integer beyond ±(2^53-1)");
    return value;
  };
  const value = (depth) => {
    match(SPACE);
    if (depth > mostDepth) refuse(`a value is nested in more than ${mostDepth} containers`);
    if (text[at] === '"') return string();
    if (next("{")) {
      const object = Object.create(null);
      if (next("}")) return object;
      do {
        match(SPACE);
        const key = string();
        if (key in object) refuse(`the key ${JSON.stringify(key.slice(0, 80))} is twice in one object`);
        if (!next(":")) refuse("not JSON: no colon");
        object[key] = value(depth + 1);
      } while (next(","));
      return next("}") ? object : refuse("not JSON: an object without end");
    }
    if (next("[")) {
      const list = [];
      if (next("]")) return list;
      do list.push(value(depth + 1)); while (next(","));
      return next("]") ? list : refuse("not JSON: a list without end");
    }
    const word = WORDS.find(([name]) => text.startsWith(name, at));
    if (!word) return number();
    at += word[0].length;
    return word[1];
  };
  const whole = value(0);
  match(SPACE);
  if (at < text.length) refuse("not JSON: something follows the value");
  return whole;
}

/** Return a value that `parse` returned in canonical form: keys in the order of their UTF-16 code units, no space. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
}
