import pytest

from models.errors import ConfigError
from serve import keys
from serve.keys import Keys, make_key, read_keys


@pytest.fixture
def path(tmp_path):
    return tmp_path / "keys.txt"


def test_several_keys_are_known_by_their_names(path):
    (alice, first), (bob, second) = make_key("alice"), make_key("bob")
    path.write_text(f"# ours\n\n{first}\n{second}\n")
    known = Keys(path)
    assert (known.find(alice), known.find(bob)) == ("alice", "bob")
    assert [known.find(key) for key in ("", alice[:-1], alice + "x", "é\udcff")] == [None] * 4


def test_file_holds_no_key(path):
    key, line = make_key("alice")
    assert key not in line
    assert len(key) >= 40
    assert make_key("alice")[0] != key


def test_all_keys_are_compared_whichever_is_right(path, monkeypatch):
    (first, one), (_, two) = make_key("a"), make_key("b")
    path.write_text(f"{one}\n{two}\n")
    compared = []
    monkeypatch.setattr(keys.hmac, "compare_digest", lambda a, b: compared.append(1) or a == b)
    known = Keys(path)
    assert known.find(first) == "a"
    assert known.find("wrong") is None
    assert len(compared) == 4


def test_keys_rotate_without_a_restart(path, monkeypatch):
    monkeypatch.setattr(keys, "RELOAD_SECONDS", 0)
    (old, first), (new, second) = make_key("old"), make_key("new-one")
    path.write_text(first + "\n")
    known = Keys(path)
    path.write_text(f"{first}\n{second}\n")
    assert (known.find(old), known.find(new)) == ("old", "new-one")
    path.write_text(second + "\n")
    assert (known.find(old), known.find(new)) == (None, "new-one")


def test_broken_file_leaves_the_former_keys(path, monkeypatch):
    monkeypatch.setattr(keys, "RELOAD_SECONDS", 0)
    key, line = make_key("a")
    path.write_text(line)
    known = Keys(path)
    path.write_text("half a li")
    assert known.find(key) == "a"
    path.unlink()
    assert known.find(key) == "a"


@pytest.mark.parametrize("text", ["", "# nothing\n", "alice:abc\n", "a b:" + "0" * 64, ":" + "0" * 64])
def test_file_without_good_keys_is_refused(path, text):
    path.write_text(text)
    with pytest.raises(ConfigError, match="stance key"):
        read_keys(path)


def test_missing_file_and_bad_name_are_refused(path):
    with pytest.raises(ConfigError, match="can't read the keys"):
        Keys(path)
    with pytest.raises(ConfigError, match="can't name a key"):
        make_key("a b")
