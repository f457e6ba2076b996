"""What fetches: one spider a source, and Scrapy's settings. No decisions about content."""
