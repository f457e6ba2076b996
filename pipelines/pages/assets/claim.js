// Names the passport that is claimed: /submit?claim=…

import { nameOf } from "./names.js";

const slug = new URLSearchParams(location.search).get("claim");
if (slug && /^[a-z0-9][a-z0-9._-]{0,199}$/.test(slug)) {
  const link = document.createElement("a");
  link.href = await nameOf(slug);
  link.textContent = slug;
  document.getElementById("claimed").replaceChildren("You claim ", link, ".");
}
