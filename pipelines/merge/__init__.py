"""Joins the records of one model from all sources, and decides which claim of each fact is believed."""
