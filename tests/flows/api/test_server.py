import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette

from flows.api.server import listen, run_until_asked, server_of

ENDED_S = 5.0


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("after_s", [0.0, 0.5])
def test_a_server_that_is_asked_to_end_ends_however_far_it_has_come(after_s: float) -> None:
    server, begun = server_of(Starlette()), time.monotonic()
    run = server.run

    def asked(sockets: object = None) -> None:
        if after_s:
            threading.Timer(after_s, os.kill, (os.getpid(), signal.SIGTERM)).start()
        else:
            os.kill(os.getpid(), signal.SIGTERM)
        run(sockets=sockets)  # type: ignore[arg-type]

    server.run = asked  # type: ignore[method-assign]
    late = threading.Timer(2 * ENDED_S, setattr, (server, "should_exit", True))
    late.start()
    run_until_asked(server, listen("127.0.0.1", 0))
    late.cancel()
    assert time.monotonic() - begun < ENDED_S
