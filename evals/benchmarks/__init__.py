"""Public data sets of stance between two entities, read from the user's own download."""

__all__: list[str] = []
