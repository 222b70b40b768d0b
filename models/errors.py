"""The errors a caller may see. A message says what was wrong, what was seen and what to do."""


class StanceError(Exception):
    """Root of every error that this software raises on purpose."""


class DataError(StanceError, ValueError):
    """An article, corpus text or annotation can't be read as what it should be."""


class CheckpointError(StanceError, ValueError):
    """A checkpoint is missing, incomplete, altered or not one of ours."""


class ConfigError(StanceError, ValueError):
    """A training configuration or setting has an unknown key or a value out of range."""
