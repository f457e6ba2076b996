"""The gates of a run: those beside the code, or those of the file that the settings name."""

from flows.settings import Settings, SettingsError
from pipelines.gates import Gates, default_gates, read_gates


def gates_of(settings: Settings) -> Gates:
    """Read the gates; raise SettingsError when the file is none, or leaves out a source."""
    if settings.gates_file is None:
        return default_gates()
    try:
        gates = read_gates(settings.gates_file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"PASSPORTS_GATES_FILE: {settings.gates_file}: {error}") from None
    if missing := sorted(default_gates().keys() - gates.keys()):
        raise SettingsError(f"PASSPORTS_GATES_FILE: {settings.gates_file}: add a gate of {', '.join(missing)}")
    return gates
