"""An endpoint on loopback that answers like a language model, as a test wants it."""

import contextlib
import http.server
import json
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

KEY = "sk-heron-the-secret-itself"
MODEL = "marsh-1"
INVENTS = "It may invent species that do not exist."
FOUND = [("confabulation", INVENTS)]


@dataclass
class LanguageModel:
    """An endpoint on loopback that answers with the test's proposals, or with a fault."""

    proposes: Callable[[str], Iterable[tuple[str, str]]] = lambda _: FOUND
    fault: str = ""
    requests: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    """Set at the end, so that requests held back are answered."""
    url: str = ""

    def texts(self) -> list[str]:
        return [body["messages"][1]["content"] for _, _, body in self.requests]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served: LanguageModel

    def log_message(self, *args: object) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.served.requests.append((self.path, headers, body))
        if self.served.fault:
            getattr(self, f"play_{self.served.fault}")()
            return
        assert body["response_format"]["type"] == "json_schema"
        proposals = self.served.proposes(body["messages"][1]["content"])
        self.complete(json.dumps({"proposals": [{"claim": claim, "quote": quote} for claim, quote in proposals]}))

    def complete(self, content: str | None, reason: str = "stop", **message: object) -> None:
        choice = {"index": 0, "finish_reason": reason, "message": {"role": "assistant", "content": content, **message}}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        completion = {"id": "c", "object": "chat.completion", "created": 1, "model": MODEL}
        self.reply(200, json.dumps({**completion, "choices": [choice], "usage": usage}))

    def reply(self, status: int, body: str, kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body.encode())), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body.encode())

    def echo(self, status: int) -> None:
        """Answer with the key in the message, as some endpoints do when they refuse it."""
        self.reply(status, json.dumps({"error": {"message": f"no: {self.headers['Authorization']}", "code": "x"}}))

    def play_400(self) -> None:
        self.echo(400)

    def play_401(self) -> None:
        self.echo(401)

    def play_404(self) -> None:
        self.echo(404)

    def play_429(self) -> None:
        self.reply(429, "{}", Retry_After="0.01")

    def play_patience(self) -> None:
        self.reply(429, "{}", Retry_After="100")

    def play_once(self) -> None:
        self.served.fault = ""
        self.reply(503, "{}", Retry_After="0.01")

    def play_500(self) -> None:
        self.reply(500, json.dumps({"error": {"message": self.headers["Authorization"]}}), Retry_After="0.01")

    def play_redirect(self) -> None:
        self.reply(307, "", Location="http://127.0.0.2:9/elsewhere")

    def play_slow(self) -> None:
        self.served.released.wait()
        with contextlib.suppress(OSError):
            self.complete("{}")

    def play_drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "1000")
        self.end_headers()
        with contextlib.suppress(OSError):
            while not self.served.released.wait(0.1):
                self.wfile.write(b" ")
        self.close_connection = True

    def play_html(self) -> None:
        self.reply(200, "<!doctype html><title>Just a moment...</title>", "text/html")

    def play_array(self) -> None:
        self.reply(200, "[]")

    def play_nothing(self) -> None:
        self.reply(200, json.dumps({"choices": []}))

    def play_refusal(self) -> None:
        self.complete(None, refusal="I would rather not.")

    def play_prose(self) -> None:
        self.complete(f"Certainly! The key is {self.headers['Authorization']}.")

    def play_broken(self) -> None:
        self.complete('{"proposals": [{"claim": "plain"}]}')

    def play_length(self) -> None:
        self.complete('{"proposals": [', "length")

    def play_gzip(self) -> None:
        self.reply(200, "this is not packed", Content_Encoding="gzip")

    def play_empty(self) -> None:
        self.reply(204, "")

    def play_reset(self) -> None:
        self.close_connection = True
        self.connection.close()


class Quiet(http.server.ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore clients that hang up: some tests make them do so."""


@contextlib.contextmanager
def speaking(proposes: Callable[[str], Iterable[tuple[str, str]]] = lambda _: FOUND) -> Iterator[LanguageModel]:
    """Run the endpoint until the context ends."""
    served = LanguageModel(proposes)
    server = Quiet(("127.0.0.1", 0), type("Bound", (Handler,), {"served": served}))
    served.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield served
    finally:
        served.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
