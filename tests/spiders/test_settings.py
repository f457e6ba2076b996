import tomllib
from pathlib import Path

from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

from schemas.sources import CRAWLS
from spiders import settings as ours

ROOT = Path(ours.__file__).resolve().parents[1]


def test_the_user_agent_names_this_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert (project["name"], project["version"]) == (ours.BOT_NAME, ours.VERSION)


def test_every_setting_is_scrapys_or_the_orders() -> None:
    own = {"VERSION", "CONTACT", "RETRY_WAIT_S", "RETRY_WAIT_MAX_S"}
    own |= {f"{source.upper()}_URL" for source in CRAWLS} | {crawl.key_variable for crawl in CRAWLS.values()}
    own |= {"SOURCE_DATE_EPOCH", "CRAWL_FILE", "RESUME", "PARENT_PID", "FORMER_READINGS", "READINGS", "READER"}
    own |= {"MOST_LISTINGS", "MOST_UNREAD_BYTES", "LARGEST_REJECT_RATE", "RATED_FROM"}
    assert {name for name in vars(ours) if name.isupper()} - own <= set(Settings())


def test_no_spider_makes_exceptions_for_itself() -> None:
    settings = Settings()
    settings.setmodule(ours)
    loader = SpiderLoader.from_settings(settings)
    spiders = [loader.load(name) for name in loader.list()]
    assert [spider.name for spider in spiders] == sorted(CRAWLS)
    assert all(spider.custom_settings is None and spider.__doc__ for spider in spiders)
