"""Reads crawl files, judges each crawl by its gate, and updates the listings of its sources, on disk by partition."""
