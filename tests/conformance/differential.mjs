// Answers, for one list of base64 texts each, what the verifier's parts make of them: `node differential.mjs VERIFIER SCHEMA`
// reads {documents, packed, parsed} from standard input, and prints lists of the same lengths as JSON.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [verifier, schemaFile] = process.argv.slice(2);
const part = (name) => import(pathToFileURL(join(verifier, name)));
const { canonical, MalformedJson, parse } = await part("json.js");
const { conforms } = await part("contract.js");
const { unpack, UnpackError } = await part("zstd.js");

const schema = JSON.parse(readFileSync(schemaFile, "utf-8"));
const { documents, packed, parsed } = JSON.parse(readFileSync(0, "utf-8"));
const bytes = (text) => new Uint8Array(Buffer.from(text, "base64"));
const bounds = { mostBytes: 2 ** 20, mostDepth: 32 };

const orNull = (Expected, answer) => {
  try {
    return answer();
  } catch (error) {
    if (error instanceof Expected) return null;
    throw error;
  }
};
console.log(JSON.stringify({
  documents: documents.map((text) => conforms(schema, parse(bytes(text), bounds))),
  packed: packed.map((text) => orNull(UnpackError, () => Buffer.from(unpack(bytes(text), 2 ** 22)).toString("base64"))),
  parsed: parsed.map((text) => orNull(MalformedJson, () => canonical(parse(bytes(text), bounds)))),
}));
