"""What changes from crawl to crawl: gates, updates of known records, renames, and proof of absence."""
