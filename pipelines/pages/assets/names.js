// Finds the name of a passport's page and copies: its slug, or another one where servers or systems would misread that.

import { RENAMED } from "./renamed.js";
import { sha256 } from "./registry.js";

const DEVICE = new RegExp(`^${RENAMED.device}`);
const EXTENSIONS = new Set(RENAMED.extensions);
const NAMES = new Set(RENAMED.names);

/** Return the name of the files of a passport, as `safe_stem` of the publisher does. */
export async function nameOf(slug) {
  const dot = slug.lastIndexOf(".");
  const taken = NAMES.has(slug) || DEVICE.test(slug);
  if (!taken && !(dot >= 0 && EXTENSIONS.has(slug.slice(dot + 1))) && !slug.includes("..") && !slug.endsWith(".")) return slug;
  const plain = slug.replace(/\.{2,}/g, ".").replace(/\.+$/, "");
  const stem = DEVICE.test(plain) ? plain.replaceAll(".", "-") : plain;
  return `${stem}~${(await sha256(new TextEncoder().encode(slug))).slice(0, RENAMED.characters)}`;
}
