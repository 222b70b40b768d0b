"""Each rule gives the text as the annotators saw it. All texts here are invented."""

import json

import pytest

from training.sources import (
    read_json_article,
    read_json_paragraphs,
    read_magazine_post,
    read_ruled_markdown,
    read_sections,
    read_statement,
    read_table,
    read_url_and_text,
)


def test_text_has_one_space_between_words_and_one_empty_line_between_paragraphs():
    article = {
        "title": " Kelp\u00a0vote ",
        "content": "Peru ,",
        "content_original": " Peru\u00a0backs  it. \n\n\n \nChile\u200b no.\n",
    }
    assert list(read_json_article(json.dumps(article))) == [
        {"title": "Kelp vote", "text": "Peru backs it.\n\nChile no."}
    ]


def test_paragraphs_of_a_list_are_set_apart():
    article = {"title": "Kelp vote", "body_paragraphs": ["Peru backs it.", "Chile does not."]}
    (record,) = read_json_paragraphs(json.dumps(article))
    assert record["text"] == "Peru backs it.\n\nChile does not."


def test_every_section_of_a_bulletin_is_a_text_up_to_the_next_heading():
    head = '---\ntitle: "KELP TALKS"\nabstract: "x"\n---\n\n'
    bulletin = f"{head}# PLENARY\n\n### KELP (item 3)\n\nPERU  spoke.\n\nTONGA left.\n\n## END\nBye.\n"
    assert list(read_sections(bulletin)) == [
        {"title": "KELP TALKS -- PLENARY", "text": ""},
        {"title": "KELP TALKS -- KELP (item 3)", "text": "PERU spoke.\n\nTONGA left."},
        {"title": "KELP TALKS -- END", "text": "Bye."},
    ]


STATEMENT = "\n".join(
    [
        "---",
        "tags: statements",
        r'title: "Readout on Peru\u2019s\_Kelp and the' + "\\",
        r'  \ Sea"',
        "---",
        " ",
        r"*\[[Read the kelp",
        r"pact](https://example.org/a_b)\]*",
        "",
        "The **kelp",
        "pact **is signed**.**   ",
        "  ",
        r"Peru gave \$5.",
        "",
        "-   one",
        "    two",
        "-   three",
        "",
        "#### **Next**",
        "",
        r"\###",
        "",
    ]
)


def test_statement_joins_broken_lines_and_loses_bold_face_links_and_the_sign_at_its_end():
    (record,) = read_statement(STATEMENT)
    assert record == {
        "title": "Readout on Peru’s Kelp and the Sea",
        "text": "*[Read the kelp pact]*\n\nThe kelp pact is signed. Peru gave $5.\n\n- one two - three\n\n#### Next",
    }


def test_title_on_two_lines_is_joined_as_the_annotators_saw_it():
    (record,) = read_statement("---\ntitle: 'The United\n  States signs'\n---\nText.")
    assert record["title"] == "The UnitedStates signs"


def test_magazine_post_loses_its_signs_and_keeps_its_lines():
    body = "![a boat](b.jpg)\n\n## **Why?**\n\nPeru [backed](https://x.org) it.  \nChile did not.[](y)\n"
    post = f'---\ntitle: "Kelp"\n---\n{body}'
    assert list(read_magazine_post(post)) == [{"title": "Kelp", "text": "Why?\n\nPeru backed it.\nChile did not."}]


def test_ruled_markdown_gives_what_stands_between_the_rules():
    page = "# Kelp vote\n\nPublished :`2031-01-02`\n\n---\n\nPeru backs it.\n\n### Chile\n\nNo.\n\n---\n\n"
    assert list(read_ruled_markdown(page)) == [{"title": "Kelp vote", "text": "Peru backs it.\n\n### Chile\n\nNo."}]


@pytest.mark.parametrize(
    ("url", "title"),
    [("https://x.org/2031/peru-backs_kelp/", "peru backs kelp"), ("https://x.org/a-b/1234567", None)],
)
def test_title_of_a_page_is_made_of_its_address_where_it_has_words(url: str, title: str | None):
    assert list(read_url_and_text(f"{url}\n\nPeru backs it.\nYes.\n")) == [
        {"title": title, "text": "Peru backs it.\nYes."}
    ]


def test_every_row_of_a_table_is_a_text():
    table = 'url,date,title,text\nu,d,"Kelp, again","Friday\n\n\nPeru said ""yes"".\n"\nu,d,Seals,No.\n'
    assert list(read_table(table)) == [
        {"title": "Kelp, again", "text": 'Friday\n\nPeru said "yes".'},
        {"title": "Seals", "text": "No."},
    ]


@pytest.mark.parametrize("rule", [read_sections, read_statement, read_magazine_post, read_ruled_markdown])
def test_file_of_another_form_is_refused(rule):
    with pytest.raises(ValueError, match=r"no front matter|not enough values"):
        list(rule("Peru backs it."))
