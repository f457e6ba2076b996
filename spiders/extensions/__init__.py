"""What a crawl writes beside its records, as Scrapy extensions: the crawl file, counts, checkpoints."""
