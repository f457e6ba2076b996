"""What a reader trusts: keys named or remembered, roots of trust, and what was seen of each registry before."""
