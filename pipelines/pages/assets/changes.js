// Shows the changes of one passport: /changes?slug=…

const slug = new URLSearchParams(location.search).get("slug");
const place = document.getElementById("of-slug");

function element(name, text, ...children) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  made.append(...children);
  return made;
}

async function show() {
  const { generations } = await (await fetch("data/changes.json")).json();
  const list = element("ul", "");
  list.className = "claims";
  for (const { at, changes } of generations) {
    for (const change of changes.filter((one) => one.slug === slug)) {
      const differences = element("ul", "", ...change.differences.map(([path, before, after]) =>
        element("li", "", `${path}: `, element("del", before), " → ", element("ins", after))));
      differences.className = "limits";
      list.append(element("li", "", element("time", at.slice(0, 10)), ` ${change.cause.replaceAll("_", " ")}`, differences));
    }
  }
  place.replaceChildren(element("h2", slug), list.children.length ? list
    : element("p", "None of the retained publications changed it, or it is not there."));
}

if (slug && slug.length <= 200) show().catch((error) => place.replaceChildren(element("p", `The changes cannot be read: ${error.message}`)));
