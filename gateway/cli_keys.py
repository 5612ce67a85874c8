"""Acts between prepared and posted: what must be signed is checked, signed with key files, and kept in a file.

What is signed is hashed here, from the readable fields; the gateway's word for a hash is never taken.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from eth_account import Account

from gateway.adapters.ledger import acts
from gateway.cli_client import Exit, Failed, Gateway
from gateway.problems import Problem
from gateway.services.json_acts import read_message

PASSWORD_VARIABLE = "TALLYSTICK_KEY_PASSWORD"


@dataclass(slots=True)
class ActFile:
    """An act on its way from one signer to the next: its typed data, who has signed, who has still to sign."""

    function: str
    typed_data: dict[str, Any]
    parts: dict[str, Any] = field(default_factory=dict)
    needs: list[str] = field(default_factory=list)

    @property
    def missing(self) -> list[str]:
        """Signatures still to come."""
        return [name for name in self.needs if not self.parts.get(name)]

    @property
    def digest(self) -> bytes:
        """What all co-signers sign."""
        domain = self.typed_data["domain"]
        return acts.digest(
            acts.Domain(int(domain["chainId"]), str(domain["verifyingContract"])),
            str(self.typed_data["primaryType"]),
            _message(self.function, self.typed_data["message"]),
        )

    def write(self, path: Path) -> None:
        """Keep it for the next signer."""
        path.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n")

    @classmethod
    def read(cls, path: Path) -> ActFile:
        """An act somebody wrote. Raises Failed."""
        try:
            found = cls(**json.loads(path.read_text()))
            _check(found.function, found.typed_data["message"], found.typed_data)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise Failed(Exit.UNUSABLE, f"{path} is no act to be signed: {error}") from error
        return found

    def sign(self, given: Sequence[str]) -> None:
        """Sign with key files, each `FILE` for the next signature to come, or `PART=FILE`. Raises Failed."""
        digest = self.digest
        for each in given:
            name, _, rest = each.partition("=")
            if not rest:
                if not self.missing:
                    raise Failed(Exit.UNUSABLE, f"nobody else has to sign: {each} is one key too many")
                name, rest = self.missing[0], each
            office, rest = _office(self.function, name, rest)
            r, vs = acts.sign(read_key(Path(rest)), digest)
            self._put(name, office, "0x" + (r + vs).hex())

    def put(self, given: Sequence[str]) -> None:
        """Add signatures made elsewhere, each `PART=0x…` (64 bytes, EIP-2098). Raises Failed."""
        for each in given:
            name, _, rest = each.partition("=")
            office, rest = _office(self.function, name, rest)
            try:
                length = len(bytes.fromhex(rest.removeprefix("0x")))
            except ValueError:
                length = 0
            if length != 64:
                raise Failed(
                    Exit.UNUSABLE, f"{name}: 64 bytes (r, vs of EIP-2098) in hexadecimal are expected"
                )
            self._put(name, office, rest)

    def _put(self, name: str, office: int | None, signature: str) -> None:
        kind, _ = signature_parts(self.function)[name]
        value: Any = signature if office is None else {"party": office, "signature": signature}
        if kind.endswith("[]"):
            self.parts[name] = [*self.parts.get(name, []), value]
        else:
            self.parts[name] = value

    def body(self) -> dict[str, Any]:
        """As POST /instructions takes it."""
        return {"function": self.function, "message": self.typed_data["message"], "parts": self.parts}

    def key(self) -> str:
        """The idempotency key: the same act with the same signatures is the same instruction."""
        return "cli-" + sha256(json.dumps(self.body(), sort_keys=True).encode()).hexdigest()[:40]


def prepare(
    gateway: Gateway, function: str, message: Mapping[str, Any], needs: Sequence[str], **unsigned: Any
) -> ActFile:
    """Have the gateway prepare an act, and check that it is the act that was meant. Raises Failed."""
    answer = gateway.post("/instructions/prepare", {"function": function, "message": dict(message)})
    _check(function, message, answer["typed_data"])
    return ActFile(function, answer["typed_data"], dict(unsigned), list(needs))


def _check(function: str, meant: Mapping[str, Any], typed: Mapping[str, Any]) -> None:
    verb = acts.verbs().get(function)
    if verb is None or not verb.act:
        raise Failed(Exit.UNUSABLE, f"the ledger has no act {function!r} to be signed")
    same = typed["primaryType"] == verb.act and _message(function, meant) == _message(
        function, typed["message"]
    )
    if not same or typed["domain"]["name"] != "Tallystick":
        raise Failed(
            Exit.REFUSED,
            "GATEWAY-ALTERED: the prepared act is not the one that was asked for",
            typed_data=typed,
        )


def _message(function: str, message: Mapping[str, Any]) -> dict[str, Any]:
    act = acts.verbs()[function].act
    try:
        return read_message(acts.act_types()[act], act, message)
    except Problem as problem:
        raise Failed(Exit.UNUSABLE, str(problem), **problem.document()) from problem


def signature_parts(function: str) -> dict[str, tuple[str, str]]:
    """Who signs an act: name of the part to its ABI type and struct, in the order of the contract."""
    found = {}
    for part in acts.verbs()[function].item.get("components", ()):
        struct = str(part["internalType"]).removeprefix("struct ").removesuffix("[]")
        if struct in ("Signature", "OfficeSignature"):
            found[part["name"]] = (part["type"], struct)
    return found


def _office(function: str, name: str, rest: str) -> tuple[int | None, str]:
    """An office's signature names its party: `offices=11:FILE`."""
    parts = signature_parts(function)
    if name not in parts:
        raise Failed(Exit.UNUSABLE, f"{function} is signed as {', '.join(parts)}, not as {name or rest}")
    if parts[name][1] != "OfficeSignature":
        return None, rest
    party, _, value = rest.partition(":")
    if not party.isdecimal() or not value:
        raise Failed(Exit.UNUSABLE, f"{name} is signed by offices: write {name}=PARTY:… for each")
    return int(party), value


def read_key(path: Path) -> bytes:
    """A private key of 32 bytes: hexadecimal, or an Ethereum keystore (password in TALLYSTICK_KEY_PASSWORD)."""
    try:
        text = path.read_text().strip()
        if text.startswith("{"):
            return bytes(Account.decrypt(text, os.environ.get(PASSWORD_VARIABLE, "")))
        key = bytes.fromhex(text.removeprefix("0x"))
    except (OSError, ValueError) as error:
        # The message of a failed decryption holds no secret; that of a bad hexadecimal is not repeated.
        told = (
            error
            if isinstance(error, OSError) or "decrypt" in str(error).lower()
            else "neither form is right"
        )
        raise Failed(Exit.UNUSABLE, f"the key in {path} cannot be used: {told}") from None
    if len(key) != 32:
        raise Failed(Exit.UNUSABLE, f"the key in {path} cannot be used: 32 bytes are expected")
    return key
