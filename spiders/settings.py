"""The map of a crawl: every setting that is not Scrapy's own, with its reason. Reads the environment, alone here.

Taken from the environment: PASSPORTS_CONTACT, SOURCE_DATE_EPOCH, and of each source, as its row in schemas/sources.py
says, PASSPORTS_<SOURCE>_URL and the variable with its key. Spiders find these as <SOURCE>_URL and under the key's name.
Set by whoever orders a crawl (`-s NAME=value`): CRAWL_FILE, RESUME, PARENT_PID, and any other of these.
"""

import os

from pydantic import SecretStr

from schemas import sources

BOT_NAME = "passports"
VERSION = "0.1.0"
SPIDER_MODULES = ["spiders"]

# What is fetched, and as whom.
CONTACT = " ".join(os.environ.get("PASSPORTS_CONTACT", "https://unfragile.ai").split())
USER_AGENT = f"{BOT_NAME}/{VERSION} (+{CONTACT})"  # says who asks and where to complain

for _source, _crawl in sources.CRAWLS.items():
    _url = f"{_source.upper()}_URL"
    globals()[_url] = os.environ.get(f"PASSPORTS_{_url}", _crawl.url)
    if _crawl.key_variable is not None:  # a SecretStr hides itself when settings are printed
        globals()[_crawl.key_variable] = SecretStr(os.environ.get(_crawl.key_variable, ""))

DEFAULT_REQUEST_HEADERS = {"Accept": "application/json"}  # documented APIs only; no page is ever wanted

# How it is fetched: politely.
ROBOTSTXT_OBEY = True  # also where the API's terms would let us
ROBOTSTXT_USER_AGENT = BOT_NAME  # the name that a robots.txt would address, without version and contact
AUTOTHROTTLE_ENABLED = True  # slows down as the source does
AUTOTHROTTLE_START_DELAY = 0.2  # a crawl begins with two requests (robots.txt, the list): 5 s between them helps nobody
AUTOTHROTTLE_TARGET_CONCURRENCY = 4.0  # endpoints are some 350 small answers
CONCURRENT_REQUESTS_PER_DOMAIN = 4  # the most that the line above may rise to
CONCURRENT_REQUESTS = 4  # what already queues for its turn would still be sent to a source that says stop

# When it does not come at once.
DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,  # knows no backoff and no Retry-After
    "spiders.download.retries.PatientRetry": 550,  # in its place: engine side of decompression, so it can read bodies
}
RETRY_TIMES = 4  # five tries with the waits below: about 15 s, enough for a restart at the other end
RETRY_WAIT_S = 1.0  # the first wait; doubles with each try, half of it by chance
RETRY_WAIT_MAX_S = 300.0  # the longest wait, a usual rate-limit window; who asks for more is left alone
RETRY_GIVE_UP_LOG_LEVEL = "INFO"  # the run report says it, with the remedy
DOWNLOAD_TIMEOUT = 60  # the list takes about a second
DOWNLOAD_MAXSIZE = 16 * 1024 * 1024  # the list is under 2 MB; who orders a crawl sets what its source's bounds say
DOWNLOAD_WARNSIZE = 0  # one bound is enough

# What is trusted.
DOWNLOAD_VERIFY_CERTIFICATES = True  # Scrapy's default takes any certificate; a passport must not rest on that
COOKIES_ENABLED = False  # nothing is to be remembered of us
REFERRER_POLICY = "no-referrer"  # nor told; switching the middleware off instead makes another one warn
METAREFRESH_ENABLED = False  # a page that redirects is not an answer
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"  # a page dropped as a duplicate would never be missed
URLLENGTH_LIMIT = 0  # likewise one dropped for its long address
DOWNLOAD_HANDLERS_BASE = {  # no file, FTP or S3 address is ever fetched, whoever names one
    "http": "spiders.download.handler.BoundedDownloads",
    "https": "spiders.download.handler.BoundedDownloads",
}
EXTENSIONS_BASE = {  # no console and no remote control: nobody steers a crawl but who ordered it; starts faster, too
    "scrapy.extensions.corestats.CoreStats": 0,
    "scrapy.extensions.logcount.LogCount": 0,
    "scrapy.extensions.throttle.AutoThrottle": 0,
}

# Where it goes.
ITEM_PIPELINES = {"pipelines.item_pipeline.AdmitListing": 300}
CONCURRENT_ITEMS = 1  # lines come in the source's order
EXTENSIONS = {"spiders.extensions.parent_process.ParentDeath": 0, "spiders.extensions.crawl_file.CrawlFile": 500}
LOG_LEVEL = "WARNING"  # what is counted is in the run report; standard error is for what went wrong

# How much may come before the crawl is stopped; 0 is no bound. Who orders a crawl sets what its source's gate says.
SPIDER_MIDDLEWARES = {
    "spiders.extensions.limits.StopEarly": 10
}  # next to the engine: it counts and ends what all others hand on
MOST_LISTINGS = 0
MOST_UNREAD_BYTES = 0  # of records that cannot be read, as they are kept in memory for the report
LARGEST_REJECT_RATE = 1.0
RATED_FROM = 0

# The order of this crawl.
SOURCE_DATE_EPOCH = os.environ.get("SOURCE_DATE_EPOCH", "")  # seconds; where set, it is the clock
CRAWL_FILE = ""  # where the lines go; none are written without it
RESUME = False  # whether to go on in the file of the same crawl that was cut off less than a day ago
PARENT_PID = 0  # the process without which this crawl shall not live on
