"""Computes from a passport alone what it is worth: the score, what the score rests on, and the assessment."""
