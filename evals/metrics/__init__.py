"""What is measured: counts of triples, calibration, and the spans of proposals and evidence."""

__all__: list[str] = []
