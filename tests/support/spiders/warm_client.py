"""Runs in the place of a crawl's process: passes on its order, pipes and signals, and ends as the crawl does."""

import json
import os
import signal
import socket
import sys


def main(address: str, *arguments: str) -> None:
    order = {"arguments": arguments, "environment": dict(os.environ), "folder": os.getcwd()}  # noqa: PTH109 - starts fast
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
        server.connect(address)
        socket.send_fds(server, [json.dumps(order).encode()], [0, 1, 2])
        crawl = int(server.recv(64))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda reported, _: os.kill(crawl, reported))
        os.close(1)  # so that readers of the pipes see their end when the crawl ends
        os.close(2)
        ended = int(server.recv(64) or b"1")
    if ended < 0:
        signal.signal(-ended, signal.SIG_DFL)
        os.kill(os.getpid(), -ended)
    os._exit(ended)


if __name__ == "__main__":
    main(*sys.argv[1:])
