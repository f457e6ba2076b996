"""Joins the records of one model from all sources, and decides which statement is believed."""
