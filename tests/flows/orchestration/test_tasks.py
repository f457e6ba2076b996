"""A run whose log nobody reads any more goes on."""

import subprocess
import sys

import pytest

LOGGING = """
import logging, os, sys
import flows.orchestration.environment
from prefect.logging.configuration import setup_logging
from flows.orchestration.tasks import survive_broken_pipe
setup_logging()
if sys.argv[1] == "lasting":
    survive_broken_pipe()
sys.stdin.readline()
for _ in range(3):
    logging.getLogger("prefect").info("a stage is complete")
os.write(1, b"to the end")
os._exit(0)
"""


@pytest.mark.parametrize(("how", "status", "printed"), [("lasting", 0, b"to the end"), ("as it was", 1, b"")])
def test_a_log_that_nobody_reads_any_more_does_not_end_a_run(how: str, status: int, printed: bytes) -> None:
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", LOGGING, how], stdin=pipe, stdout=pipe, stderr=pipe) as run:
        assert run.stdin
        assert run.stdout
        assert run.stderr
        run.stderr.close()
        run.stdin.write(b"\n")
        run.stdin.close()
        assert run.stdout.read() == printed
    assert run.returncode == status
