"""The command that serves a registry to agents: mcp."""

from typing import Annotated

import typer

from flows.commands.options import Key, NoState, Root, State, Store
from flows.commands.terminal import note
from flows.usage.registration import command

agents = typer.Typer()


@command(agents, "passports mcp", "passports mcp --http --port 8001", "passports mcp --store https://unfragile.ai")
def mcp(
    store: Store = None,
    http: Annotated[bool, typer.Option("--http", help="Serve over streamable HTTP instead of stdio.")] = False,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port to listen on; 0: any free one.")] = 8001,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    key: Key = None,
    root: Root = None,
    state: State = None,
    no_state: NoState = False,
) -> None:
    """Serve the registry to agents as tools of the Model Context Protocol."""
    from flows.audit.opened import chosen_trust
    from flows.config.extras import require

    require("mcp", "`passports mcp`")
    from flows.agents.serving import serve_tools

    trusting = chosen_trust(key, root, state, no_state=no_state)
    serve_tools(store, trusting, (host, port) if http else None, note)
