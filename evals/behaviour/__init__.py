"""Behaviour tests: small texts of our own, of which it is plain what must come out."""

__all__: list[str] = []
