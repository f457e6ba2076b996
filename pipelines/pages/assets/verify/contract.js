// Holds a value to a JSON Schema: as much of draft 2020-12 as schema.json uses, and nothing is ignored.

import { canonical } from "./json.js";

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const DATE_TIME = /^(\d{4}-\d\d-\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const FORMATS = {
  date: (text) => {
    const [, year, month, day] = DATE.exec(text)?.map(Number) ?? [];
    const found = new Date(Date.UTC(year, month - 1, day));
    return found.getUTCMonth() === month - 1 && found.getUTCDate() === day;
  },
  "date-time": (text) => {
    const [, date, hour, minute, second] = DATE_TIME.exec(text) ?? [];
    return date !== undefined && FORMATS.date(date) && hour < 24 && minute < 60 && second < 60;
  },
  uri: (text) => URL.canParse?.(text) ?? true,
};
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const TYPES = {
  array: Array.isArray,
  boolean: (value) => typeof value === "boolean",
  integer: (value) => Number.isInteger(value),
  null: (value) => value === null,
  number: (value) => typeof value === "number",
  object: isObject,
  string: (value) => typeof value === "string",
};
const same = (one, other) => canonical(one) === canonical(other);
const characters = (text) => [...text].length;
const patterns = new Map();
const matches = (pattern, text) => {
  if (!patterns.has(pattern)) patterns.set(pattern, new RegExp(pattern, "u"));
  return patterns.get(pattern).test(text);
};

/** Keyword → whether a value satisfies it, given the schema around it and a function for schemas inside. */
const KEYWORDS = {
  $ref: (name, value, { holds, root }) => holds(name.split("/").slice(1).reduce((at, key) => at[key], root), value),
  type: (names, value) => [names].flat().some((name) => TYPES[name](value)),
  const: (wanted, value) => same(wanted, value),
  enum: (wanted, value) => wanted.some((one) => same(one, value)),
  minimum: (least, value) => typeof value !== "number" || value >= least,
  maximum: (most, value) => typeof value !== "number" || value <= most,
  minLength: (least, value) => typeof value !== "string" || characters(value) >= least,
  maxLength: (most, value) => typeof value !== "string" || characters(value) <= most,
  pattern: (pattern, value) => typeof value !== "string" || matches(pattern, value),
  format: (name, value) => typeof value !== "string" || FORMATS[name](value),
  items: (schema, value, { holds }) => !Array.isArray(value) || value.every((item) => holds(schema, item)),
  minItems: (least, value) => !Array.isArray(value) || value.length >= least,
  maxItems: (most, value) => !Array.isArray(value) || value.length <= most,
  uniqueItems: (wanted, value) => !wanted || !Array.isArray(value) || new Set(value.map(canonical)).size === value.length,
  required: (names, value) => !isObject(value) || names.every((name) => name in value),
  minProperties: (least, value) => !isObject(value) || Object.keys(value).length >= least,
  dependentRequired: (needs, value) => !isObject(value)
    || Object.entries(needs).every(([name, names]) => !(name in value) || names.every((needed) => needed in value)),
  properties: (schemas, value, { holds }) => !isObject(value)
    || Object.entries(schemas).every(([name, schema]) => !(name in value) || holds(schema, value[name], name)),
  additionalProperties: (schema, value, { holds, around }) => !isObject(value)
    || Object.keys(value).every((name) => Object.hasOwn(around.properties ?? {}, name) || holds(schema, value[name], name)),
  allOf: (schemas, value, { holds }) => schemas.every((schema) => holds(schema, value)),
  anyOf: (schemas, value, { holds }) => schemas.some((schema) => holds(schema, value)),
  not: (schema, value, { holds }) => !holds(schema, value),
  if: (schema, value, { holds, around }) => holds((holds(schema, value) ? around.then : around.else) ?? true, value),
};
const SILENT = new Set(["$schema", "$id", "$defs", "$comment", "title", "description", "then", "else"]);

/** Whether a value that `parse` returned conforms to a schema; throw on a keyword that is not known here. */
export function conforms(schema, value) {
  const holds = (around, inner) => {
    if (typeof around === "boolean") return around;
    return Object.entries(around).every(([keyword, wanted]) => {
      if (SILENT.has(keyword)) return true;
      if (!Object.hasOwn(KEYWORDS, keyword)) throw new Error(`the contract uses "${keyword}", which this verifier lacks`);
      return KEYWORDS[keyword](wanted, inner, { holds, around, root: schema });
    });
  };
  return holds(schema, value);
}
