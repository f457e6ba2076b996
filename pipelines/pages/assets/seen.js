// Remembers in this browser the state of a registry that it verified, so that an older or another one is noticed.

const PREFIX = "passports-seen";
const HASH = /^[0-9a-f]{64}$/;

/** Return the memory of one registry, by the address of its root and its pinned key; a recording's remembers nothing. */
export function memoryOf(root, pinned) {
  const name = `${PREFIX} ${new URL(root, location.href).href} ${pinned}`;
  const recording = document.querySelector('meta[name="passports-clock"]') !== null; // everybody has its key

  function recall() {
    try {
      const seen = JSON.parse(localStorage.getItem(name)) ?? {};
      return Number.isSafeInteger(seen.generation) && HASH.test(seen.snapshotSha256) ? seen : undefined;
    } catch {
      return undefined; // storage that is switched off, or an entry that is damaged
    }
  }

  return {
    recall: () => recording ? undefined : recall(),
    /** `seen` is what `verifyInRegistry` returns under that name. */
    remember(seen) {
      if (recording || recall()?.generation > seen.generation) return;
      try {
        localStorage.setItem(name, JSON.stringify({ ...seen, at: new Date().toISOString() }));
      } catch {
        // storage that is full or switched off: the next visit has nothing to compare with
      }
    },
    forget: () => localStorage.removeItem(name),
  };
}
