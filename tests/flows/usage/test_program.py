import pytest

from flows.usage import program
from flows.usage.program import MODULE_OF, CommandsByName


def test_a_name_that_no_command_has_is_missing() -> None:
    commands = CommandsByName()
    assert list(commands) == list(MODULE_OF)
    assert commands["verify"] is commands["verify"]
    assert commands.get("nothing") is None


def test_a_key_that_is_missing_while_a_command_is_loaded_does_not_make_it_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(_name: str) -> None:
        raise KeyError("within the module")

    monkeypatch.setattr(program.importlib, "import_module", broken)
    with pytest.raises(ImportError, match=r"flows\.usage\.readers cannot be loaded: KeyError: 'within the module'"):
        CommandsByName().get("verify")
