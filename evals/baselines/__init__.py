"""What a model must beat: simple readers that answer the same pairs of countries and proposals."""

__all__: list[str] = []
