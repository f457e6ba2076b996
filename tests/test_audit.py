"""The audit of dependencies says what it found, and that it found nothing only where a service was asked."""

import json
import subprocess
from collections.abc import Sequence

import pytest

from tests.support import audit

REQUIREMENTS = "idna==3.10 --hash=sha256:00\n"
ADVISORY = {"name": "urllib3", "version": "1.24.1", "vulns": [{"id": "PYSEC-2019-132", "fix_versions": ["1.24.2"]}]}
OLD_IDNA = {"name": "idna", "version": "3.6", "vulns": [{"id": "PYSEC-2024-60", "fix_versions": ["3.7"]}]}
UNKNOWN = {"name": "urllib3", "skip_reason": "Dependency not found on PyPI"}


class Services:
    """Answers as pip-audit does where one service, or none, knows advisories."""

    def __init__(self, service: str, dependencies: list[dict[str, object]], bandit: str = "") -> None:
        self.service, self.dependencies, self.bandit = service, dependencies, bandit

    def __call__(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        if audit.BANDIT in command:
            return subprocess.CompletedProcess(command, bool(self.bandit), self.bandit, "")
        if audit.PIP_AUDIT not in command:
            return subprocess.CompletedProcess(command, 0, REQUIREMENTS, "")
        if command[command.index("-s") + 1] != self.service:
            return subprocess.CompletedProcess(command, 1, "", "connection refused")
        answer = self.dependencies if "--require-hashes" in command else [ADVISORY]
        return subprocess.CompletedProcess(command, 0, json.dumps({"dependencies": answer}), "")


def lock() -> str:
    return (audit.ROOT / "uv.lock").read_text("utf-8")


def test_every_file_of_the_lock_has_its_hash() -> None:
    assert audit.of_lock(lock()) == []


def test_a_file_without_its_hash_is_found() -> None:
    kept, _, rest = lock().partition('hash = "sha256:')
    assert "has no SHA-256" in audit.of_lock(f'{kept}hash = "md5:{rest}')[0]


@pytest.mark.parametrize("service", audit.SERVICES)
def test_what_a_service_knows_is_found(service: str) -> None:
    lines: list[str] = []
    assert audit.audit(Services(service, [OLD_IDNA]), lock(), lines.append) == audit.FOUND
    assert "  idna 3.6: PYSEC-2024-60, mended in 3.7" in lines


def test_nothing_found_is_clean() -> None:
    assert audit.audit(Services("osv", []), lock(), lambda _: None) == audit.CLEAN


def test_a_dependency_that_a_service_skips_is_no_clean_one() -> None:
    assert audit.audit(Services("osv", [UNKNOWN]), lock(), lambda _: None) == audit.FOUND


def test_a_mirror_without_advisories_is_no_service() -> None:
    mirror = Services("pypi", [])
    lines: list[str] = []

    def run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        done = mirror(command)
        return subprocess.CompletedProcess(command, 0, done.stdout.replace(json.dumps(ADVISORY), json.dumps(UNKNOWN)))

    assert audit.audit(run, lock(), lines.append) == audit.UNREACHED
    assert any("NOT CHECKED" in line for line in lines)


def test_a_finding_of_bandit_is_found_whatever_the_services_say() -> None:
    assert audit.audit(Services("none", [], "flows/cli.py:1: B101 assert"), lock(), lambda _: None) == audit.FOUND
