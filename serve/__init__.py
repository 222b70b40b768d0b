"""The doors to the labeller for people and services: the `stance` command, and later HTTP.

Nothing imports this package. `serve.cli` is the `stance` command.
"""

__all__: list[str] = []
