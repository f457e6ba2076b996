"""The commands on keys and roots of trust, and the one that revokes passports."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from flows.commands.options import AsJson, Store
from flows.usage.registration import command

keys_app = typer.Typer(help="Make keys, and name them in a root of trust.", no_args_is_help=True)
app = typer.Typer()
app.add_typer(keys_app, name="keys")

Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="File of the root that is not in force yet.")]
RootKey = Annotated[
    list[Path], typer.Option("--root-key", metavar="FILE", help="A root key; can be given several times.")
]
RotatedRole = Literal["passports", "registry", "revocations", "root"]
DRAFT = Path("next-root.json")


@command(
    keys_app,
    "passports keys init",
    "passports keys init --file /etc/passports/signing-key.jwk",
    "passports keys init --root-key /media/usb/root-key.jwk",
    name="init",
)
def init(
    file: Annotated[Path | None, typer.Option("--file", help="File to create [PASSPORTS_SIGNING_KEY_FILE].")] = None,
    root_key: Annotated[
        list[Path] | None,
        typer.Option(
            "--root-key", metavar="FILE", help="A root key, made where the file is missing; public or private."
        ),
    ] = None,
    threshold: Annotated[
        int, typer.Option("--threshold", metavar="K", min=1, help="How many of the root keys must sign a root.")
    ] = 1,
    out: Out = DRAFT,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Make a signing key in a new file that only you can read; an existing file is never overwritten.

    With --root-key, make the missing keys of passports, registry and revocations, and the store's first root of trust.
    A store with one key goes on: its readers follow to the root, which that key endorses.
    """
    from flows.commands.keys import making

    if root_key:
        making.init_root(store, root_key, threshold, out, as_json=as_json)
    else:
        making.init(file, as_json=as_json)


@command(keys_app, "passports keys list", name="list")
def list_keys(store: Store = None, as_json: AsJson = False) -> None:
    """Show the root of trust in force, and every key with its role, state and dates."""
    from flows.commands.keys import changing

    changing.list_keys(store, as_json=as_json)


@command(keys_app, "passports keys rotate registry --new-key registry-2.jwk --out next-root.json", name="rotate")
def rotate(
    role: Annotated[RotatedRole, typer.Argument(help="What the new key signs; root: all root keys are replaced.")],
    new_key: Annotated[
        list[Path], typer.Option("--new-key", metavar="FILE", help="The new key, made where the file is missing.")
    ],
    threshold: Annotated[int | None, typer.Option("--threshold", metavar="K", min=1, help="Of new root keys.")] = None,
    out: Out = DRAFT,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Prepare a root in which a new key signs; the old one is retired, and stays valid for what it signed."""
    from flows.commands.keys import changing
    from flows.errors import SettingsError

    if role == "root":
        changing.rotate_root(store, new_key, threshold, out, as_json=as_json)
    elif len(new_key) != 1 or threshold is not None:
        raise SettingsError(f"{role} takes one --new-key, and no --threshold")
    else:
        changing.rotate(store, role, new_key[0], out, as_json=as_json)


@command(keys_app, "passports keys revoke --last-good 41 --out next-root.json -- KEY_ID", name="revoke")
def revoke_key(
    key_id: Annotated[
        str, typer.Argument(metavar="KEY_ID", help="As `keys list` shows it; behind --, as it may begin with -.")
    ],
    last_good: Annotated[
        int, typer.Option("--last-good", metavar="N", min=0, help="The last generation that it signed rightly.")
    ],
    out: Out = DRAFT,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Prepare a root in which a key is revoked: what it signed after generation N is refused."""
    from flows.commands.keys import changing

    changing.revoke_key(store, key_id, last_good, out, as_json=as_json)


@command(keys_app, "passports keys sign next-root.json --root-key /media/usb/root-key.jwk", name="sign")
def sign(file: Path, root_key: RootKey, as_json: AsJson = False) -> None:
    """Sign a prepared root with root keys, on a machine that needs neither store nor network."""
    from flows.commands.keys import changing

    changing.sign(file, root_key, as_json=as_json)


@command(keys_app, "passports keys apply next-root.json", name="apply")
def apply(file: Path, store: Store = None, as_json: AsJson = False) -> None:
    """Put a signed root in force: store it, and publish a generation under it."""
    from flows.commands.keys import changing

    changing.apply(store, file, as_json=as_json)


@command(keys_app, "passports keys export --out root.json", name="export")
def export(
    store: Store = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="File to write, else printed.")] = None,
) -> None:
    """Write what readers pin with --root (or, without a root of trust, with --key)."""
    from flows.commands.keys import changing

    changing.export(store, out)


@command(app, 'passports revoke qwen-qwq-32b --reason "Its licence was misread."', name="revoke")
def revoke(
    slug: str,
    reason: Annotated[str, typer.Option("--reason", help="Why, in one sentence, for readers.")],
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Revoke a passport, for good; a tombstone with the reason is served in its place."""
    from flows.commands.keys import changing

    changing.revoke(store, slug, reason, as_json=as_json)
