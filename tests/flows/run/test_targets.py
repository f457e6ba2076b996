from datetime import timedelta
from pathlib import Path

import pytest

from flows.config.settings import read_settings
from flows.demo import recording
from flows.publish.continuity import HistoryError
from flows.run.targets import listings_to_crawl
from pipelines.registry.layout import POINTER_KEY
from tests.support.runs import NOON, edited, refresh


def test_what_to_crawl_is_not_read_from_a_store_whose_pointer_went_back(equipped: Path) -> None:
    root, later = equipped / "store", NOON + timedelta(hours=1)
    refresh(root, recording.models())
    old = (root / POINTER_KEY).read_bytes()
    refresh(root, edited(recording.models(), "qwen/qwq-32b", name="Another"), at=later)
    (root / POINTER_KEY).write_bytes(old)
    with pytest.raises(HistoryError, match="was published after it"):
        listings_to_crawl("qwen-qwq-32b", read_settings(store=str(root)), int(later.timestamp()))
