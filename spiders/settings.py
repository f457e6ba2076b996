"""Settings of a crawl that differ from Scrapy's, with reasons; no other file of spiders/ reads the environment.

From the environment: PASSPORTS_CONTACT, SOURCE_DATE_EPOCH, and for each source, as its row in schemas/sources.py names
them, PASSPORTS_<SOURCE>_URL and the variable with its key. Spiders find these as <SOURCE>_URL and under the key's name.
From the command that starts a crawl (`-s NAME=value`): CRAWL_FILE, RESUME, PARENT_PID, and any other of these.
"""

import logging
import os

from pydantic import SecretStr

from schemas import sources

BOT_NAME = "passports"
VERSION = "0.1.0"
SPIDER_MODULES = ["spiders"]

# Which sources are fetched, and how we introduce ourselves.
CONTACT = " ".join(os.environ.get("PASSPORTS_CONTACT", "https://unfragile.ai").split())
USER_AGENT = f"{BOT_NAME}/{VERSION} (+{CONTACT})"  # names who asks, and where to complain

for _source, _crawl in sources.CRAWLS.items():
    _url = f"{_source.upper()}_URL"
    globals()[_url] = os.environ.get(f"PASSPORTS_{_url}", _crawl.url)
    if _crawl.key_variable is not None:  # a SecretStr hides itself when settings are printed
        globals()[_crawl.key_variable] = SecretStr(os.environ.get(_crawl.key_variable, ""))

DEFAULT_REQUEST_HEADERS = {"Accept": "application/json"}  # documented APIs only, never a web page

# How politely sources are asked.
ROBOTSTXT_OBEY = True  # also where the API's terms would let us
ROBOTSTXT_USER_AGENT = BOT_NAME  # the name that a robots.txt would address, without version and contact
AUTOTHROTTLE_ENABLED = True  # slows down as the source does
AUTOTHROTTLE_START_DELAY = 0.2  # a crawl begins with two requests (robots.txt, the list): 5 s between them helps nobody
AUTOTHROTTLE_TARGET_CONCURRENCY = 4.0  # endpoints are some 350 small answers
CONCURRENT_REQUESTS_PER_DOMAIN = 4  # the most that the line above may rise to
CONCURRENT_REQUESTS = 4  # queued requests would still be sent to a source that asks us to stop

# What happens to failed requests, and how large answers may be.
DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,  # knows no backoff and no Retry-After
    "spiders.download.retries.PatientRetry": 550,  # in its place: engine side of decompression, so it can read bodies
}
RETRY_TIMES = 4  # five tries with the waits below: about 15 s, enough for a restart at the other end
RETRY_WAIT_S = 1.0  # the first wait; doubles with each try, half of it by chance
RETRY_WAIT_MAX_S = 300.0  # a usual rate-limit window; a source that wants longer is not asked again
RETRY_GIVE_UP_LOG_LEVEL = "INFO"  # the run report states it, with the remedy
DOWNLOAD_TIMEOUT = 60  # the list takes about a second
DOWNLOAD_MAXSIZE = 16 * 1024 * 1024  # the list is under 2 MB; each crawl sets the bound of its source
DOWNLOAD_WARNSIZE = 0  # one bound is enough

# Which connections and redirects are trusted.
DOWNLOAD_VERIFY_CERTIFICATES = True  # Scrapy's default accepts any certificate; a passport must not rest on that
COOKIES_ENABLED = False  # no source needs to recognise us
REFERRER_POLICY = "no-referrer"  # sources need none; switching the middleware off instead makes another one warn
METAREFRESH_ENABLED = False  # a page that redirects is not an answer
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"  # a page dropped as a duplicate would be lost unnoticed
URLLENGTH_LIMIT = 0  # likewise a page dropped for its long address
DOWNLOAD_HANDLERS_BASE = {  # no file, FTP or S3 address is ever fetched, whoever names one
    "http": "spiders.download.handler.BoundedDownloads",
    "https": "spiders.download.handler.BoundedDownloads",
}
EXTENSIONS_BASE = {  # no console and no remote control: only its parent ends a crawl; it also starts faster
    "scrapy.extensions.corestats.CoreStats": 0,
    "scrapy.extensions.logcount.LogCount": 0,
    "scrapy.extensions.throttle.AutoThrottle": 0,
}

# Where the records go.
ITEM_PIPELINES = {"pipelines.item_pipeline.AdmitListing": 300}
CONCURRENT_ITEMS = 1  # lines are written in the source's order
EXTENSIONS = {"spiders.extensions.parent_process.ParentDeath": 0, "spiders.extensions.crawl_file.CrawlFile": 500}
LOG_LEVEL = "WARNING"  # what is counted is in the run report; standard error is for what went wrong
for _name in ("markdown_it", "scrapy"):  # Scrapy drops a record, of its 170 a card or of each item, only once made
    logging.getLogger(_name).setLevel(LOG_LEVEL)

# At how much a crawl is stopped; 0 is no bound. Each crawl sets the bounds of its source's gate.
SPIDER_MIDDLEWARES = {
    "spiders.extensions.limits.StopEarly": 10
}  # next to the engine: it sees the outputs of all others
MOST_LISTINGS = 0
MOST_UNREAD_BYTES = 0  # of records that cannot be read, as the report holds them in memory
LARGEST_REJECT_RATE = 1.0
RATED_FROM = 0

# Settings of a single crawl.
SOURCE_DATE_EPOCH = os.environ.get("SOURCE_DATE_EPOCH", "")  # seconds; where set, it is the clock
CRAWL_FILE = ""  # path of the crawl file; nothing is written without it
RESUME = False  # whether to continue the file of the same crawl, cut off less than a day ago
FORMER_READINGS = "spiders.extensions.readings.Readings"  # used by the item pipeline, whose room imports none of ours
READINGS = ""  # path of the file of former readings; without it every record is read
READER = ""  # digest of the code and rules that read records: readings of any other are not used
PARENT_PID = 0  # id of the process whose end is the crawl's too
