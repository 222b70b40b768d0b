import pytest

from models.errors import DataError
from serve.encodings import check_encoding, decode_document

NEWS = (
    "The minister said “Norway’s vote” was a mistake – Côte d’Ivoire, Türkiye and São Tomé abstained, "
    "and the delegates of Peru walked out of the hall before the count of the votes began."
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_encoding_is_found(encoding):
    assert decode_document(NEWS.encode(encoding), None) == NEWS


@pytest.mark.parametrize(
    "data",
    [
        NEWS.encode("mac_roman"),
        "Россия проголосовала против запрета на вылов рыбы.".encode("cp1251"),
        "Россия против.".encode("koi8-r"),
        "挪威投票反对".encode("gb18030"),
        b"Norway \xff",
        bytes(range(256)),
        "Norway".encode("utf-16-be"),
        NEWS.encode("utf-16-le"),
        b"\xef\xbb\xbfNorway \x96 no",
    ],
)
def test_encoding_in_doubt_is_refused(data):
    with pytest.raises(DataError, match=r"byte 0x.. at position \d+ isn't UTF-8: .*--encoding|zero bytes"):
        decode_document(data, None)


def test_named_encoding_is_used_and_is_strict():
    text = "Россия против."
    assert decode_document(text.encode("koi8-r"), "koi8-r") == text
    with pytest.raises(DataError, match="isn't ascii"):
        decode_document(text.encode(), "ascii")


@pytest.mark.parametrize("head", [b'<meta charset="koi8-r">', b"<meta content='text/html; charset=koi8-r'>"])
def test_page_may_declare_its_encoding(head):
    assert decode_document(head + "Россия".encode("koi8-r"), None, is_page=True).endswith("Россия")


@pytest.mark.parametrize("name", ["none", "base64", "rot13"])
def test_unknown_encoding_is_refused(name):
    with pytest.raises(DataError, match="no encoding is called"):
        check_encoding(name)
