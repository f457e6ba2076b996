"""What a run is given: its job, its working folder, and locks against runs beside it."""
