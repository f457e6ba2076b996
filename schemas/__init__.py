"""The contract in schema.json, frozen models of every record and file, and the table of sources. No I/O."""
