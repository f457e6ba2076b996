"""Readers of the Hub's records: repositories, model cards and licence texts."""
