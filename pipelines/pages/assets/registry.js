// Reads files of the registry that serves this page.

import { hashOf, text } from "./verify/bytes.js";

const BYTES = (answer) => answer.arrayBuffer().then((buffer) => new Uint8Array(buffer));
const INSECURE = "this page was not loaded over https, so the browser offers no cryptography";

/** Return a function that fetches a file below `root` by its key: its bytes, or null where there is none. */
export function filesBelow(root) {
  return async (key) => {
    const answer = await fetch(`${root}${key}`);
    if (answer.ok) return BYTES(answer);
    await answer.body?.cancel(); // an answer that is not read to its end keeps its connection
    return null;
  };
}

export const json = (bytes) => JSON.parse(text(bytes));

/** Return the SHA-256 of bytes in hexadecimal. */
export async function sha256(bytes) {
  if (!globalThis.crypto?.subtle) throw new Error(INSECURE);
  return hashOf(bytes);
}

/** Return why this browser cannot verify; "" where it can. */
export async function hindrance() {
  if (!globalThis.crypto?.subtle) return INSECURE;
  try {
    const x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"; // the public key of RFC 8037, appendix A.2
    await crypto.subtle.importKey("jwk", { kty: "OKP", crv: "Ed25519", x }, "Ed25519", false, ["verify"]);
    return "";
  } catch {
    return "this browser cannot check Ed25519 signatures";
  }
}
