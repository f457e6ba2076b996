"""Sets Prefect's environment variables: no analytics, time for a slow start. Import this before Prefect."""

import logging
import os

DEFAULTS = {
    "DO_NOT_TRACK": "1",  # Prefect's command line and libraries
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",  # its server
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",  # 14 to 26 s measured; the default is 20
    "DASK_LOGGING__DISTRIBUTED": "warning",  # otherwise a cluster logs each connection
}
"""Environment variable → value, where the environment does not set it already."""

for name, value in DEFAULTS.items():
    os.environ.setdefault(name, value)


def is_news(record: logging.LogRecord) -> bool:
    """Whether to log a record: not the TerminationSignal by which Prefect ends a run that was cancelled."""
    kind = record.exc_info[0] if record.exc_info else None
    return kind is None or kind.__name__ != "TerminationSignal"


logging.getLogger("asyncio").addFilter(is_news)
