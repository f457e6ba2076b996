"""What things are: the contract in schema.json and frozen models of every record on its way. No I/O."""
