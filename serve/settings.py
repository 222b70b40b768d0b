"""The settings of the service, once: names, defaults and words for `--help`, the environment and the file.

A flag wins over its `STANCE_*` variable, that over the file given with `--config`, that over the default. The
command line's library keeps this order; here the options are made from the fields.
"""

from __future__ import annotations

import inspect
import os
import tomllib
from collections.abc import Callable
from dataclasses import Field, dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from models.errors import ConfigError

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def _setting(default: Any, words: str, **bounds: float) -> Any:
    return field(default=default, metadata={"help": words, **bounds})


def _count_processors() -> int:
    return min(4, len(os.sched_getaffinity(0)))


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What `stance serve` can be told."""

    host: str = _setting("127.0.0.1", "Address to listen on.")
    port: int = _setting(8000, "Port to listen on; 0 takes a free one.", min=0, max=65535)
    model: Path | None = _setting(None, "Checkpoint folder; default: the shipped one.")  # noqa: RUF009
    workers: int = field(
        default_factory=_count_processors,
        metadata={"help": "Processes that label, one thread and one copy of the model each.", "min": 1, "max": 256},
    )
    keys: Path | None = _setting(None, "File of API keys, made with 'stance key'; read again when it changes.")  # noqa: RUF009
    insecure: bool = _setting(False, "Let other machines in without a key.")
    key_requests: int = _setting(0, "Requests a minute that one key may make; 0: as many as it likes.", min=0)
    key_concurrency: int = _setting(0, "Requests at once that one key may make; 0: as many as it likes.", min=0)
    deadline: float = _setting(30.0, "Seconds in which a request is answered.", min=0.1, max=600)
    queue_articles: int = _setting(256, "Articles that may wait.", min=1)
    queue_tokens: int = _setting(200_000, "Tokens that may wait, as estimated from the characters.", min=1)
    batch_tokens: int = _setting(1_000, "Tokens that a worker is given at once; one article may have more.", min=1)
    max_body_bytes: int = _setting(2_000_000, "Longest body of a request.", min=1_000)
    max_batch_articles: int = _setting(64, "Most articles in one batch.", min=1)
    max_stream_articles: int = _setting(1_000, "Most articles in one stream.", min=1)
    max_text_characters: int = _setting(50_000, "Longest text of an article.", min=1)
    max_article_tokens: int = _setting(60_000, "Most work for one article: tokens times proposals.", min=1)
    idle: float = _setting(10.0, "Seconds without a byte after which a client is given up.", min=0.1)
    stall: float = _setting(10.0, "Seconds after which a worker that doesn't answer counts as hung.", min=0.1)
    drain: float = _setting(25.0, "Seconds in which work is finished when told to stop.", min=0)

    def __post_init__(self) -> None:
        """Refuse values that can't hold together."""
        if self.host not in LOOPBACK and self.keys is None and not self.insecure:
            raise ConfigError(
                f"host {self.host!r} lets other machines in without a key: "
                "name a file with --keys (see 'stance key'), or say --insecure"
            )
        if self.max_article_tokens > self.queue_tokens:
            raise ConfigError(
                f"max_article_tokens {self.max_article_tokens} is over queue_tokens {self.queue_tokens}: "
                "the largest article would never find room"
            )
        if self.max_batch_articles > self.queue_articles:
            raise ConfigError(
                f"max_batch_articles {self.max_batch_articles} is over queue_articles {self.queue_articles}: "
                "the largest batch would never find room"
            )


def takes_settings(function: Callable[[Settings], None]) -> Callable[..., None]:
    """Turn a function of the settings into a command with one option for each of them, and `--config`."""

    def command(**values: Any) -> None:
        values.pop("config")
        function(Settings(**values))

    command.__doc__ = function.__doc__
    command.__name__ = function.__name__
    types = get_type_hints(Settings)
    parameters = [_make_config_parameter(), *(_make_parameter(setting, types[setting.name]) for setting in _list())]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return command


def _list() -> tuple[Field[Any], ...]:
    return fields(Settings)


def _make_parameter(setting: Field[Any], kind: Any) -> inspect.Parameter:
    default = setting.default_factory() if callable(setting.default_factory) else setting.default
    flag = "--" + setting.name.replace("_", "-")
    option = typer.Option(flag, envvar=f"STANCE_{setting.name.upper()}", **setting.metadata)
    return inspect.Parameter(
        setting.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option]
    )


def _make_config_parameter() -> inspect.Parameter:
    option = typer.Option(
        "--config", envvar="STANCE_CONFIG", is_eager=True, callback=_read_file, help="TOML file of these settings."
    )
    return inspect.Parameter(
        "config", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[Path | None, option]
    )


def _read_file(context: typer.Context, path: Path | None) -> Path | None:
    """Make the file's values the defaults of the command's options."""
    if path is not None:
        context.default_map = read_settings_file(path)
    return path


def read_settings_file(path: Path) -> dict[str, Any]:
    """Read a TOML file of settings.

    Raises:
        ConfigError: It can't be read, or has a key that is no setting; the message names the nearest one.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"can't read settings from {str(path)!r}: {error}") from error
    known = [setting.name for setting in _list()]
    for key in values:
        if key not in known:
            near = get_close_matches(key, known, n=1) or known
            raise ConfigError(f"{path}: unknown setting {key!r}; expected {' or '.join(near)}")
    return values
