"""`stance serve` and `stance key`: the HTTP service and the keys of those who may use it."""

from __future__ import annotations

from typing import Annotated

import typer

from serve.printing import print_note
from serve.settings import Settings, takes_settings

EXIT_STOPPED = 130


def key(name: Annotated[str, typer.Argument(metavar="NAME", help="Who will use it.")]) -> None:
    """Make an API key: the key on standard error, its line for the file of keys on standard output.

    Example: stance key alice >> keys.txt
    """
    from serve.keys import make_key

    secret, line = make_key(name)
    print_note(secret)
    typer.echo(line)


@takes_settings
def serve(settings: Settings) -> None:
    """Answer over HTTP until stopped. A flag wins over its variable, that over the file of --config.

    Example: stance serve --workers 2
    """
    from signal import SIGINT

    from serve.server import serve as run

    if run(settings) == SIGINT:
        raise typer.Exit(EXIT_STOPPED)
