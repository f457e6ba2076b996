"""Measures the figures that README and docs/ quote, each beside a lower bound measured in the same run."""
