"""Turns a crawl's file into the last good listings of its source, on disk, in partitions."""
