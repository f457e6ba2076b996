"""Proves a published passport again from the stored records, and lists what does not match."""
