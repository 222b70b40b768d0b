"""Optional packages: what to install where one is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from models.errors import StanceError


@contextmanager
def needs_extra(name: str) -> Iterator[None]:
    """Say which extra to install where a package that only it brings is missing.

    Raises:
        StanceError: An import failed for the want of a package that is not ours.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").startswith(("evals.", "models.", "training.")):
            raise
        message = f"the package {error.name!r} is missing: run pip install 'country-stance[{name}]'"
        raise StanceError(message) from error
