"""Words for people: a passport, ages and summaries of runs, computed from signed documents."""
