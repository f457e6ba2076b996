"""Fuzzes: `python -m tests.fuzz.run SECONDS [TARGET…]`, which `make fuzz` runs. Needs atheris (group `fuzz`).

Each target runs in a process of its own, for an equal part of the seconds, from its corpus (tests/fuzz/corpus), what
former runs found (.fuzz/TARGET), and the golden passport. An input that fails is written to .fuzz/crash-…; once it is
mended, it goes into the corpus, which the tests try. Exits with 1 when any target failed.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORPUS = Path(__file__).parent / "corpus"
FOUND = ROOT / ".fuzz"
MOST_BYTES = {"passport": 1 << 16, "card": 1 << 14}
USUAL_BYTES = 1 << 12
MOST_MB = 1500
HANG_S = 20


def fuzz(target: str, options: list[str]) -> None:
    """Fuzz one target in this process, which ends with it."""
    import atheris  # noqa: PLC0415 - only where something is fuzzed

    with atheris.instrument_imports(include=["pipelines"]):
        from tests.fuzz.targets import TARGETS  # noqa: PLC0415 - instrumented here
    atheris.Setup([target, *options], TARGETS[target])
    atheris.Fuzz()


def options(target: str, seconds: int) -> list[str]:
    found = FOUND / target
    found.mkdir(parents=True, exist_ok=True)
    seeds = [str(CORPUS / target)] if (CORPUS / target).is_dir() else []
    return [
        f"-max_total_time={seconds}", f"-max_len={MOST_BYTES.get(target, USUAL_BYTES)}", f"-rss_limit_mb={MOST_MB}",
        f"-timeout={HANG_S}", f"-artifact_prefix={FOUND}/crash-{target}-", "-print_final_stats=1", str(found), *seeds,
    ]  # fmt: skip


def main(seconds: int, targets: list[str]) -> int:
    """Fuzz the targets one after the other, and say how each ended."""
    failed = []
    for target in targets:
        if target == "passport":
            (FOUND / target).mkdir(parents=True, exist_ok=True)
            (FOUND / target / "golden").write_bytes((ROOT / "tests/golden/heron-7b.2026-06-01.json").read_bytes())
        command = [sys.executable, "-m", "tests.fuzz.run", "--one", target, *options(target, seconds // len(targets))]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        log = FOUND / f"{target}.log"
        log.write_text(done.stdout + done.stderr, "utf-8")
        tried = next((line.split()[-1] for line in done.stderr.splitlines() if "number_of_executed_units" in line), "?")
        sys.stdout.write(f"{target}: {tried} tried, {'held' if done.returncode == 0 else f'FAILED, see {log}'}\n")
        sys.stdout.flush()
        failed += [target] if done.returncode else []
    return int(bool(failed))


if __name__ == "__main__":
    if sys.argv[1] == "--one":
        fuzz(sys.argv[2], sys.argv[3:])
    else:
        sys.exit(main(int(sys.argv[1]), sys.argv[2:] or sorted(one.name for one in CORPUS.iterdir())))
