"""Turns bytes into words: the encoding that is declared, else UTF-8, else Windows-1252 where that is beyond doubt.

Statistical detectors were tried and refused: on short English texts with a few accented names they answer
Windows-1250 or UTF-16 and change the names silently.
"""

from __future__ import annotations

import codecs
import re

from models.errors import DataError

_SIGNATURES = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(rb"""<(?:meta|\?xml)\b[^>]*?(?:charset|encoding)\s*=\s*["']?([A-Za-z0-9_.:-]+)""")
_DECLARED_WITHIN = 4096
"""Bytes at the start of a web page in which its encoding may be declared."""
_PUNCTUATION = "‘’“”–—…•«»£€°§ "
_SHARE = 0.05
"""Largest share of characters beyond ASCII in an English text that is taken for Windows-1252."""
_ODD_LETTERS = re.compile(r"[a-z][À-ÖØ-Þ]|(?<![A-Za-zÀ-ÿ])[ß-ÿ](?![A-Za-zÀ-ÿ])")
"""A capital after a small letter, or a small letter alone (but for the French à): signs of another encoding."""


def find_signature(data: bytes) -> str | None:
    """The encoding whose signature (byte order mark) the data starts with."""
    return next((name for mark, name in _SIGNATURES if data.startswith(mark)), None)


def check_encoding(name: str) -> str:
    """The encoding of that name, as Python calls it.

    Raises:
        DataError: There is none.
    """
    try:
        found = codecs.lookup(name)
        b"a".decode(name, "replace")  # refuses codecs that are none of text, such as base64
    except LookupError:
        raise DataError(f"no encoding is called {name!r}: try utf-8, cp1252, latin-1 or utf-16") from None
    return found.name


def decode(data: bytes, encoding: str | None, position: int = 0) -> str:
    """Decode strictly, without the signature.

    Args:
        data: The bytes.
        encoding: The caller's; None for that of the signature, or UTF-8.
        position: Where data starts in its file, for the error.

    Raises:
        DataError: A byte doesn't fit the encoding; the message has its value and position.
    """
    name = encoding or find_signature(data) or "utf-8"
    body = data.removeprefix(codecs.BOM_UTF8) if name == "utf-8" else data
    try:
        return body.decode(name)
    except UnicodeDecodeError as error:
        place = position + len(data) - len(body) + error.start
        written = "UTF-8" if name == "utf-8" else name
        advice = "save the text as UTF-8, or name its encoding with --encoding"
        raise DataError(f"byte 0x{body[error.start]:02x} at position {place} isn't {written}: {advice}") from error


def decode_document(data: bytes, encoding: str | None, *, is_page: bool = False) -> str:
    """Decode a whole document, whose encoding may be declared in it or be Windows-1252.

    Raises:
        DataError: The encoding is neither given, declared, UTF-8 nor clearly Windows-1252.
    """
    if encoding is None and is_page and (declared := _DECLARED.search(data[:_DECLARED_WITHIN])):
        encoding = _known(declared.group(1).decode("ascii"))
    try:
        words = decode(data, encoding)
        if "\0" in words:
            raise DataError("the text has zero bytes, so it is no text or in UTF-16: save it as UTF-8")
        return words
    except DataError:
        found = None if encoding or find_signature(data) else _decode_windows(data)
        if found is None:
            raise
        return found


def _known(name: str) -> str | None:
    """A declared encoding; pages that say Latin-1 mean Windows-1252, as browsers have it."""
    try:
        found = check_encoding(name)
    except DataError:
        return None
    return "cp1252" if found in ("iso8859-1", "ascii") else found


def _decode_windows(data: bytes) -> str | None:
    """The text, where it reads as English in Windows-1252; None in doubt."""
    try:
        words = data.decode("cp1252")
    except UnicodeDecodeError:
        return None
    beyond = [character for character in words if not character.isascii()]
    strange = [c for c in beyond if not c.isalpha() and c not in _PUNCTUATION]
    control = any(ord(c) < 32 and c not in "\t\n\r\f" for c in words)
    is_odd = bool(_ODD_LETTERS.search(words.replace(" à ", " a ")))
    return None if strange or control or is_odd or len(beyond) > _SHARE * len(words) else words
