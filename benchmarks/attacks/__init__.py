"""Attacks on the product from outside: stores, records and servers as an attacker would leave them."""
