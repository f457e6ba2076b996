"""Leaves no core file of a process that has a private key in its memory."""

import resource


def forbid_core_files() -> None:
    """Let this process, and those that it starts, leave no core file when a signal ends it; systemd keeps to it too."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
