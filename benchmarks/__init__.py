"""Measures what the README and docs/ quote, each figure beside a floor taken in the same run."""
