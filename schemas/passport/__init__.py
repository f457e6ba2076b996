"""The served document as pydantic models, block by block; `schema.json` is the same contract for other languages."""
