"""How every spider asks a source: requests, retries, waits, failures, and the reading of answers."""
