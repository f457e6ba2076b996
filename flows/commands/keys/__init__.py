"""`passports keys …` and `passports revoke`: makes keys, names them in roots of trust, and revokes."""
