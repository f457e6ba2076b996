from pathlib import Path

import pytest

from tests.support.runs import files, refresh
from tests.support.spiders.server import model

RECORDS = [model(f"{maker}/{maker}-{number}") for maker in ("ada", "bob", "eve") for number in range(8)]


def of_makers(root: Path) -> dict[str, bytes]:
    return {key: body for key, body in files(root).items() if key.startswith("maker")}


def test_pages_of_makers_are_the_same_in_a_registry_of_many_parts(
    equipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh(equipped / "small", RECORDS)
    monkeypatch.setattr("flows.site.pages.shard_count", lambda _: 16)
    refresh(equipped / "large", RECORDS)
    assert len([key for key in files(equipped / "large") if key.startswith("data/table/")]) > 1
    assert of_makers(equipped / "large") == of_makers(equipped / "small")
    assert of_makers(equipped / "small").keys() == {"makers", "maker/ada", "maker/bob", "maker/eve"}
