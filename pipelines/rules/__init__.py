"""The tables of rules, one TOML file each, and beside each the module that reads and checks it."""
