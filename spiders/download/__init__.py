"""How every spider asks a source: requests, retries, waits, failures, and reading of the answers."""
