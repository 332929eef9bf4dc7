"""A list of sign-ups is read as spreadsheets save it, or refused in words that help."""

import pytest

from bot.circles.usecases.signups import SignUp, decoded, read_sign_ups
from bot.conversation.model import DomainError, PersonRef

LIST = "id,name\n@ana:example.org,Aña\n"
BOTH = ("discord", "matrix")
ANA = {2: SignUp(id="@ana:example.org", name="Aña")}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_list_is_read_in_the_usual_encodings(encoding: str) -> None:
    assert read_sign_ups(decoded(LIST.encode(encoding)), BOTH) == ANA


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16-le"])
def test_another_encoding_is_refused_with_how_to_save_it(encoding: str) -> None:
    with pytest.raises(DomainError, match="in Excel as “CSV UTF-8”"):
        decoded(LIST.encode(encoding))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_first_line_shows_what_separates(separator: str) -> None:
    assert read_sign_ups(LIST.replace(",", separator), BOTH) == ANA


def test_a_goal_may_hold_separators_and_lines_in_quotation_marks() -> None:
    text = 'id;goal\n@ana:example.org;"read; write,\nlisten"\n@ben:example.org\n'
    people = read_sign_ups(text, BOTH)
    assert people[2].goal == "read; write,\nlisten"
    assert people[3].goal == ""


def test_empty_rows_are_passed_over_and_counted() -> None:
    people = read_sign_ups("ID ; Name\n;\n\n@ana:example.org;Aña\n;\n", BOTH)
    assert people == {4: ANA[2]}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "first line names the columns: id, name, goal, gives, needs, zone"),
        ("name\nAna\n", "only id must be there"),
        ("id,email\n@ana:example.org,x\n", "I do not know email"),
        ("id,id\n@ana:example.org,x\n", "each at most once"),
        ("id,name\n", "Nobody is on the list"),
        ("id,name\n,Ana\n", "Row 2, column id: it is empty"),
        ("id,goal\n@ana:example.org,read, write\n", "Row 2 has more cells"),
        ('id,goal\n@ana:example.org,"read\n@ben:example.org,x\n', "Row 2: its quotation marks"),
    ],
)
def test_what_is_wrong_with_a_list_is_said(text: str, words: str) -> None:
    with pytest.raises(DomainError) as refused:
        read_sign_ups(text, BOTH)
    assert words in str(refused.value)


def test_every_row_that_is_wrong_is_named() -> None:
    with pytest.raises(DomainError) as refused:
        read_sign_ups("id,zone\nana,\n@ben:example.org,Mars\n@cy:example.org,UTC\n", ("matrix",))
    told = str(refused.value).splitlines()
    assert told[0] == "Row 2, column id: write it like @ana:example.org."
    assert told[1].startswith("Row 3, column zone: I do not know the time zone Mars")
    assert told[2] == "Nobody was signed up."


def test_the_look_of_an_id_tells_the_platform() -> None:
    people = read_sign_ups("id\n@ana:example.org\n80351110224678912\n", BOTH)
    assert [signed.person for signed in people.values()] == [
        PersonRef("matrix", "@ana:example.org"),
        PersonRef("discord", "80351110224678912"),
    ]


@pytest.mark.parametrize(
    ("row", "platforms", "words"),
    [
        ("@ana:example.org", ["discord"], "is somebody on Matrix, where the bot is not set up"),
        ("80351110224678912", ["matrix"], "is somebody on Discord, where the bot is not set up"),
        ("ana", ["discord"], "write it like 80351110224678912."),
        ("ana#1234", BOTH, "80351110224678912 (Discord) or @ana:example.org (Matrix)."),
        ("8.03511E+16", BOTH, "the spreadsheet has cut this number"),
        ("8,03511E+16", BOTH, "the spreadsheet has cut this number"),
    ],
)
def test_an_id_that_cannot_be_used_is_told_by_its_row(
    row: str, platforms: list[str], words: str
) -> None:
    with pytest.raises(DomainError) as refused:
        read_sign_ups(f"id;name\n{row};Ana\n", platforms)
    assert "Row 2, column id: " in str(refused.value)
    assert words in str(refused.value)
