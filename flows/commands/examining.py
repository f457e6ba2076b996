"""`passports doctor`."""

import secrets
import sys

from flows import terminal
from flows.checkup import checks
from flows.clock import system_clock
from flows.settings import read_settings


def doctor(store_url: str | None, *, as_json: bool) -> None:
    """Look at everything that a run needs; exit 1 when something is unfit."""
    found = list(checks(read_settings(store=store_url), clock=system_clock, nonce=secrets.token_hex(16)))
    unfit = [check for check in found if check.state == "unfit"]
    if as_json:
        terminal.document({"fit": not unfit, "checks": [check._asdict() for check in found]})
    else:
        records = [{"what": one.name, "state": terminal.coloured(one.state), "detail": one.detail} for one in found]
        terminal.rows(records, ("what", "state", "detail"))
    if unfit:
        sys.exit(1)
