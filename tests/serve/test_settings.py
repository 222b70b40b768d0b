import dataclasses
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from models.errors import ConfigError
from serve.settings import Settings, read_settings_file, takes_settings


@pytest.fixture
def read(tmp_path, monkeypatch):
    """The settings that a command line gives."""
    seen = []
    app = typer.Typer()
    app.command()(takes_settings(seen.append))

    def run(*arguments: str, environment=None) -> Settings:
        answer = CliRunner().invoke(app, arguments, env=environment, catch_exceptions=False)
        assert answer.exit_code == 0, answer.output
        return seen.pop()

    return run


def test_defaults_are_closed_to_other_machines(read):
    settings = read()
    assert settings == Settings()
    assert (settings.host, settings.insecure, settings.deadline) == ("127.0.0.1", False, 30)
    assert settings.max_body_bytes == 2_000_000


def test_flag_wins_over_variable_over_file_over_default(read, tmp_path):
    file = tmp_path / "settings.toml"
    file.write_text('port = 1\nworkers = 1\nqueue_articles = 100\nmodel = "m"\n')
    settings = read("--config", str(file), "--port", "3", environment={"STANCE_PORT": "2", "STANCE_WORKERS": "2"})
    assert (settings.port, settings.workers, settings.queue_articles) == (3, 2, 100)
    assert settings.model == Path("m")
    assert settings.deadline == Settings().deadline


def test_file_may_be_named_by_a_variable(read, tmp_path):
    file = tmp_path / "settings.toml"
    file.write_text("port = 77\n")
    assert read(environment={"STANCE_CONFIG": str(file)}).port == 77


def test_every_setting_is_an_option_with_a_variable_and_words(read):
    app = typer.Typer()
    app.command()(takes_settings(lambda settings: None))
    shown = " ".join(CliRunner().invoke(app, ["--help"], env={"COLUMNS": "300"}).output.split())
    for setting in dataclasses.fields(Settings):
        assert f"--{setting.name.replace('_', '-')}" in shown
        assert f"STANCE_{setting.name.upper()}" in shown


def test_unknown_setting_names_the_nearest(tmp_path):
    file = tmp_path / "settings.toml"
    file.write_text("prot = 1\n")
    with pytest.raises(ConfigError, match="unknown setting 'prot'; expected port"):
        read_settings_file(file)


@pytest.mark.parametrize("text", ["port = ", "\xff"])
def test_file_that_is_no_toml_is_refused(tmp_path, text):
    (tmp_path / "s.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError, match="can't read settings"):
        read_settings_file(tmp_path / "s.toml")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_other_machines_are_let_in_with_a_key_or_on_purpose(host):
    with pytest.raises(ConfigError, match="--insecure"):
        Settings(host=host)
    assert Settings(host=host, keys=Path("keys")).host == host
    assert Settings(host=host, insecure=True).host == host


@pytest.mark.parametrize("values", [{"max_article_tokens": 10**9}, {"queue_articles": 10}])
def test_limits_that_contradict_are_refused(values):
    with pytest.raises(ConfigError, match="never find room"):
        Settings(**values)
