"""What a run starts with: its job, its tools, its checks before crawling, its folder, and locks against other runs."""
