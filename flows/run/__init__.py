"""The stages of a run in their order: assemble, build, publish, report."""
