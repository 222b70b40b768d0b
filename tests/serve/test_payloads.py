import pytest

from models.errors import DataError
from models.schema import Article
from serve.errors import TooLarge
from serve.payloads import estimate_tokens, read_article, read_batch, read_stream
from serve.settings import Settings

SETTINGS = Settings(max_text_characters=1_000, max_article_tokens=2_000, max_stream_articles=3, max_batch_articles=3)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"text": "x" * 1_001}, TooLarge),
        ({"title": "x" * 1_001}, DataError),
        ({"id": "x" * 257}, DataError),
        ({"date": "x" * 41}, DataError),
        ({"proposals": ["x" * 1_001]}, DataError),
    ],
)
def test_length_over_its_limit_is_named(fields, error):
    with pytest.raises(error, match="characters, at most"):
        read_article({"text": "x", **fields}, SETTINGS)


def test_work_of_one_article_is_bounded():
    assert read_article({"text": "x" * 1_000, "proposals": ["p"] * 8}, SETTINGS)
    with pytest.raises(TooLarge, match="about 2250 tokens of work"):
        read_article({"text": "x" * 1_000, "proposals": ["p"] * 9}, SETTINGS)


@pytest.mark.parametrize("identity", [True, 1.5, [], {}])
def test_id_is_a_string_or_a_whole_number(identity):
    with pytest.raises(DataError, match="'id'"):
        read_article({"text": "x", "id": identity}, SETTINGS)
    assert read_article({"text": "x", "id": 5}, SETTINGS).id == "5"


def test_too_many_articles_are_refused_before_any_is_read():
    with pytest.raises(DataError, match="4 articles in one request, at most 3"):
        read_batch(b'{"articles": [1, 2, 3, 4]}', SETTINGS)
    with pytest.raises(DataError, match="4 articles"):
        read_stream(b"1\n2\n\n3\n4", SETTINGS)


def test_estimate_grows_with_text_and_proposals():
    plain = estimate_tokens(Article(text="x" * 400))
    assert plain == 400
    assert estimate_tokens(Article(text="x" * 400, proposals=("p",))) == 100
    assert estimate_tokens(Article(text="x" * 400, title="x" * 40)) == 440
