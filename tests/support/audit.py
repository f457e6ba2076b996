"""Audits the code and what it depends on: `python -m tests.support.audit`, which `make audit` runs.

bandit reads the four rooms; a finding is mended, or argued on its line (`# nosec BNNN`, then why). Every file that
uv.lock names must have a SHA-256, which uv compares with what it downloads, and uv must find the lock current. pip-
audit asks two advisory services about each locked version. Some networks have none: a mirror of PyPI may answer
without advisories. So a version with known advisories is asked about first, and a service that knows none of them is
none. Exits with 0 (nothing found), 1 (found), or 3 (bandit and the lock are good, and no advisory service could be
reached).
"""

import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
UV = ".tools/bin/uv"
ROOMS = ("schemas", "spiders", "pipelines", "flows")
BANDIT, PIP_AUDIT = "bandit==1.9.4", "pip-audit==2.10.1"
SERVICES = ("osv", "pypi")
CANARY = "urllib3==1.24.1"
"""A version with advisories since 2019 (CVE-2019-11324): a service that knows none of them is no advisory service."""
CLEAN, FOUND, UNREACHED = 0, 1, 3
DEADLINE_S = 900

Run = Callable[[Sequence[str]], subprocess.CompletedProcess[str]]


def run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=DEADLINE_S)


def of_code(run: Run) -> list[str]:
    """Return bandit's findings that no line argues."""
    shown = "{relpath}:{line}: {test_id} {msg}"
    done = run([UV, "tool", "run", "--quiet", BANDIT, "-q", "-r", *ROOMS, "-f", "custom", "--msg-template", shown])
    found = done.stdout.split("\n") if done.stdout.strip() else []
    if done.returncode not in (0, 1) or (done.returncode == 1 and not found):
        found.append(f"bandit could not be run: {done.stderr.strip()[-300:]}")
    return [line for line in found if line]


def of_lock(lock: str) -> list[str]:
    """Return the files that a lock names without their hash, and packages without files."""
    found = []
    for package in tomllib.loads(lock)["package"]:
        name = f"uv.lock: {package['name']} {package.get('version', '')}"
        files = [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]
        if not files and package["source"].keys() != {"editable"}:
            found.append(f"{name} has no files")
        found += [f"{name}: {file['url']} has no SHA-256" for file in files if not _is_hash(file.get("hash", ""))]
    return found


def _is_hash(text: str) -> bool:
    return text.startswith("sha256:") and len(text) == len("sha256:") + 64


def of_dependencies(run: Run, requirements: str) -> list[str] | None:
    """Return the advisories that apply to pinned requirements; None where no service knows any."""
    for service in SERVICES:
        canary = _asked(run, service, f"{CANARY}\n", "--no-deps")
        if canary is None or not _advisories(canary):
            continue
        answer = _asked(run, service, requirements, "--require-hashes")
        if answer is None:
            continue
        unread = [f"{one['name']}: {one['skip_reason']}" for one in answer["dependencies"] if "skip_reason" in one]
        return _advisories(answer) + unread
    return None


def _asked(run: Run, service: str, requirements: str, how: str) -> dict[str, Any] | None:
    """Return pip-audit's answer; None where the service did not answer it."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(requirements)
        file.flush()
        command = [UV, "tool", "run", "--quiet", PIP_AUDIT, "--disable-pip", how, "-r", file.name, "-f", "json"]
        done = run([*command, "-s", service, "--timeout", "20", "--progress-spinner", "off"])
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        return None
    return answer


def _advisories(answer: dict[str, Any]) -> list[str]:
    return [
        f"{one['name']} {one['version']}: {found['id']}, mended in {', '.join(found['fix_versions']) or 'no version'}"
        for one in answer["dependencies"]
        for found in one.get("vulns", [])
    ]


def pinned(run: Run) -> str:
    """Return what the lock names, each with its hashes."""
    command = [UV, "export", "--quiet", "--frozen", "--no-emit-project", "--format", "requirements-txt"]
    return run(command).stdout


def audit(run: Run, lock: str, say: Callable[[str], None]) -> int:
    """Audit all, say what was found, and return the exit status."""
    found = of_code(run) + of_lock(lock)
    if run([UV, "lock", "--check", "--quiet"]).returncode:
        found.append("uv.lock is not of this pyproject.toml: run uv lock")
    say(f"code and lock: {len(found)} found")
    advisories = of_dependencies(run, pinned(run))
    if advisories is None:
        say(f"advisories: NOT CHECKED, as no advisory service could be reached ({', '.join(SERVICES)})")
    else:
        say(f"advisories: {len(advisories)} found")
    for one in found + (advisories or []):
        say(f"  {one}")
    return FOUND if found or advisories else UNREACHED if advisories is None else CLEAN


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main() -> None:
    sys.exit(audit(run, (ROOT / "uv.lock").read_text("utf-8"), _say))


if __name__ == "__main__":
    main()
