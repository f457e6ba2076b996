"""Reads a registry from Python: `Registry` verifies, finds and compares its passports in a few lines."""

from flows.client.answers import NotReliableError, VerifiedPassport
from flows.client.registry import Registry
from schemas.search import PassportFilter

__all__ = ["NotReliableError", "PassportFilter", "Registry", "VerifiedPassport"]
