// Remembers in this browser what it verified last of a registry, generation, root, revocations and log, so that an older state
// is noticed.

const PREFIX = "passports-seen";
const HASH = /^[0-9a-f]{64}$/;

/** Return the memory of one registry, by the address of its root and its pinned key; a recording's remembers nothing. */
export function memoryOf(root, pinned) {
  const name = `${PREFIX} ${new URL(root, location.href).href} ${pinned}`;
  const recording = document.querySelector('meta[name="passports-clock"]') !== null; // everybody has its key

  function recall() {
    try {
      const { generation, snapshotSha256, log, ...others } = JSON.parse(localStorage.getItem(name)) ?? {};
      if (!Number.isSafeInteger(generation) || !HASH.test(snapshotSha256)) return undefined;
      const whole = Number.isSafeInteger(log?.size) && HASH.test(log?.root);
      return { ...others, generation, snapshotSha256, ...(whole ? { log } : {}) };
    } catch {
      return undefined; // storage that is switched off, or an entry that is damaged
    }
  }

  return {
    recall: () => recording ? undefined : recall(),
    /** Remember the `seen` of a good answer, which goes on from what is remembered. */
    remember(seen) {
      if (recording) return;
      try {
        localStorage.setItem(name, JSON.stringify({ ...seen, at: new Date().toISOString() }));
      } catch {
        // storage that is full or switched off: the next visit has nothing to compare with
      }
    },
    forget: () => localStorage.removeItem(name),
  };
}
