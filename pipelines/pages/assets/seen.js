// Remembers in this browser the highest generation that it verified of a registry, so that an older one is noticed.

const PREFIX = "passports-seen";
const HASH = /^[0-9a-f]{64}$/;

/** Return the memory of one registry, by the address of its root and its pinned key; a recording's remembers nothing. */
export function memoryOf(root, pinned) {
  const name = `${PREFIX} ${new URL(root, location.href).href} ${pinned}`;
  const recording = document.querySelector('meta[name="passports-clock"]') !== null; // everybody has its key

  function recall() {
    try {
      const { generation, snapshotSha256, at } = JSON.parse(localStorage.getItem(name)) ?? {};
      return Number.isSafeInteger(generation) && HASH.test(snapshotSha256) ? { generation, snapshotSha256, at } : undefined;
    } catch {
      return undefined; // storage that is switched off, or an entry that is damaged
    }
  }

  return {
    recall: () => recording ? undefined : recall(),
    remember({ generation, snapshotSha256 }) {
      if (recording || recall()?.generation > generation) return;
      try {
        localStorage.setItem(name, JSON.stringify({ generation, snapshotSha256, at: new Date().toISOString() }));
      } catch {
        // storage that is full or switched off: the next visit has nothing to compare with
      }
    },
    forget: () => localStorage.removeItem(name),
  };
}
