"""From annotated texts to a checkpoint: corpus, augmentation, the loop, calibration, export."""

__all__: list[str] = []
