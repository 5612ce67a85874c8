"""The guide to goods as collateral: every file on it is prepared, or posted, by the command beside it."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.adapters.ledger import acts
from gateway.cli import app
from gateway.cli_keys import ActFile
from tests.gateway.http.conftest import Caller
from tests.house.cast import LENDER

GUIDES = Path(__file__).resolve().parents[3] / "docs/guides"
DONE, PENDING = 0, 4
PLACEHOLDER = b"a document"


def examples() -> Iterator[tuple[str, list[str]]]:
    """Each file of the guides with the words of the command that reads it."""
    for name in ("collateral-acts.md", "warehouse.md"):
        found = re.findall(
            r"```json\n([^`]*)```\n```\n(tallystick act [^`\n]*)\n```", (GUIDES / name).read_text()
        )
        assert found, name
        for text, command in found:
            yield text, shlex.split(command)[1:]


EXAMPLES = list(examples())


@pytest.mark.parametrize(("text", "words"), EXAMPLES, ids=[words[1] for _, words in EXAMPLES])
def test_a_file_of_the_guide_is_an_act_that_can_be_signed(
    caller: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, words: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(words[words.index("--message") + 1]).write_text(text)
    Path("loans.json").write_text('{"loans": ["201-7"]}')
    for word in words:
        if word.endswith(".pdf"):
            Path(word).write_bytes(PLACEHOLDER)
        elif word.endswith(".key"):
            Path(word.partition("=")[2] or word).write_text(LENDER["credit_maker"].key.hex())
    signed = "--signer" in words
    ended = CliRunner().invoke(
        app, ["--url", str(caller.http.base_url), *words, *(() if signed else ("--wait", "0")), "--json"]
    )
    assert ended.exit_code == (DONE if signed else PENDING), ended.output
    if not signed:
        return
    found = ActFile.read(Path("act.json"))
    message, written = found.typed_data["message"], json.loads(text)
    assert set(written) <= set(message)
    if "--evidence" in words:
        assert message["evidence"] == "0x" + sha256(PLACEHOLDER).hexdigest()
    if "titles" in written:
        assert [int(each) for each in message["titles"]] == [11 << 32 | 2147490001]
        assert [int(each) for each in found.parts["loans"]] == [201 << 32 | 7]
    # Every signature that the guide names is one of the act's, and only the others' are still to come.
    asked = [words[place + 1] for place, word in enumerate(words) if word == "--signer"]
    given = [words[place + 1].partition("=")[0] for place, word in enumerate(words) if word == "--key"]
    assert found.missing == [each for each in asked if each not in given]


def test_ids_and_days_that_are_written_for_people_are_signed_as_numbers(caller: Caller) -> None:
    message = {"facility": 1000, "loan": "201-7", "fromDay": "2027-04-02", "nonce": 1, "expiresAt": 1_900_000_000,
               "evidence": "0x" + "33" * 32}  # fmt: skip
    answer = caller.http.post("/instructions/prepare", json={"function": "enforce", "message": message})
    assert answer.status_code == 200, answer.text
    signed = answer.json()["typed_data"]["message"]
    assert (signed["loan"], signed["fromDay"]) == (201 << 32 | 7, 20_910)
    wrong = {**message, "loan": "201-x", "fromDay": "2027-04-31"}
    found = caller.refused(
        caller.http.post("/instructions/prepare", json={"function": "enforce", "message": wrong}),
        422,
        "ACT-FIELD",
    )
    assert [each["field"] for each in found["errors"]] == ["loan", "fromDay"]


@pytest.mark.parametrize("function", sorted(acts.verbs()))
def test_every_act_says_what_its_fields_hold_and_who_signs(function: str) -> None:
    ended = CliRunner().invoke(app, ["act", function, "--fields", "--json"])
    assert ended.exit_code == DONE, ended.output
    found = json.loads(ended.output)
    assert found["fields"]
    assert all(each["holds"] for each in found["fields"])
    if function == "count":
        assert found["fields"][:5] == [
            {"field": "lot", "holds": "id: PARTY-SERIAL, or one number"},
            {"field": "deliveredBefore", "holds": "smallest units as the lot counts them"},
            {"field": "countsBefore", "holds": "how often the lot was counted before: `counts`"},
            {"field": "counted", "holds": "smallest units as the lot counts them"},
            {"field": "day", "holds": "day: YYYY-MM-DD, or days since 1970-01-01"},
        ]
        assert found["signers"] == ["keeper", "inspector"]
