"""The commands that serve a registry: serve, to people and programs; mcp, to agents."""

from typing import Annotated

import typer

from flows.commands.options import Key, NoState, Root, State, Store
from flows.commands.terminal import note
from flows.usage.registration import command

app = typer.Typer()
MCP_HOST, MCP_PORT = "127.0.0.1", 8001


@command(
    app,
    "passports serve",
    "passports serve --port 8000 --host 0.0.0.0",
    "passports serve --nginx > /etc/nginx/conf.d/passports.conf",
)
def serve(
    store: Store = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port to listen on; 0: any free one.")] = 8000,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    workers: Annotated[int, typer.Option("--workers", min=1, max=64, help="Processes that serve.")] = 1,
    rate: Annotated[
        float,
        typer.Option("--rate", min=0, help="Searches and the like a second that one address may ask for; 0: any."),
    ] = 50,
    key: Key = None,
    root: Root = None,
    state: State = None,
    no_state: NoState = False,
    nginx: Annotated[bool, typer.Option("--nginx", help="Print a configuration for nginx instead.")] = False,
    browser: Annotated[bool, typer.Option("--open", help="Open the site in a browser.")] = False,
) -> None:
    """Serve the site and the API from the store over HTTP, behind a proxy or alone."""
    from flows.audit.opened import chosen_trust
    from flows.commands import serve as serving

    if nginx:
        serving.print_nginx(store, port)
        return
    trusting = chosen_trust(key, root, state, no_state=no_state)
    serving.serve(store, trusting, serving.Server(host, port, workers, rate, browser=browser))


@command(app, "passports mcp", "passports mcp --http --port 8001", "passports mcp --store https://unfragile.ai")
def mcp(
    store: Store = None,
    http: Annotated[bool, typer.Option("--http", help="Serve over streamable HTTP instead of stdio.")] = False,
    port: Annotated[
        int | None,
        typer.Option(
            "--port", min=0, max=65535, help=f"With --http: port to listen on; 0: any free one; default: {MCP_PORT}."
        ),
    ] = None,
    host: Annotated[
        str | None, typer.Option("--host", help=f"With --http: address to listen on; default: {MCP_HOST}.")
    ] = None,
    key: Key = None,
    root: Root = None,
    state: State = None,
    no_state: NoState = False,
) -> None:
    """Serve the registry to agents as tools of the Model Context Protocol."""
    from flows.audit.opened import chosen_trust
    from flows.config.extras import require
    from flows.errors import SettingsError

    if not http and (needless := [name for name, given in (("--port", port), ("--host", host)) if given is not None]):
        raise SettingsError(f"{needless[0]}: nothing listens over stdio: give --http too, or leave it out")

    require("mcp", "`passports mcp`")
    from flows.agents.serving import serve_tools

    trusting = chosen_trust(key, root, state, no_state=no_state)
    serve_tools(store, trusting, (host or MCP_HOST, MCP_PORT if port is None else port) if http else None, note)
