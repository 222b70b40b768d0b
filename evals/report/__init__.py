"""The report: one page that opens from disk, with everything that was measured and an error browser."""

__all__: list[str] = []
