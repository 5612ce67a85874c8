"""A bank on the wire: messages as any bank may write them, signed as RFC 9421 says, and the keys it publishes."""

from __future__ import annotations

import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver, algorithms

from gateway.domain.calendar import date_of

URN = "urn:iso:std:iso:20022:tech:xsd:"
CAMT052, CAMT053, CAMT054, PAIN002 = (
    "camt.052.001.06",
    "camt.053.001.08",
    "camt.054.001.04",
    "pain.002.001.03",
)
COVERED = ("@method", "@target-uri", "content-type", "message-name", "idempotency-key")
DAY = 20_600


@dataclass(frozen=True, slots=True)
class Line:
    """An entry with one transaction, as a bank writes it; `batch`: several references booked as one sum."""

    reference: str
    minor: int
    end_to_end: str = ""
    side: str = "CRDT"
    currency: str = "CNY"
    returned: str = ""
    reversal: bool = False
    remittance: str = ""
    payer: str = ""
    bare: bool = False
    batch: Sequence[tuple[str, int]] = ()
    day: int = DAY


def money(minor: int) -> str:
    """Decimal text of a currency with two digits."""
    return f"{minor // 100}.{minor % 100:02d}"


def _entry(line: Line, *, choice: bool) -> str:
    status = "<Sts><Cd>BOOK</Cd></Sts>" if choice else "<Sts>BOOK</Sts>"
    day = date_of(line.day).isoformat()
    reference = f"<AcctSvcrRef>{line.reference}</AcctSvcrRef>" if line.reference else ""
    return (
        f'<Ntry><Amt Ccy="{line.currency}">{money(line.minor)}</Amt><CdtDbtInd>{line.side}</CdtDbtInd>'
        f"{'<RvslInd>true</RvslInd>' if line.reversal else ''}{status}"
        f"<BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt>{reference}"
        "<BkTxCd><Prtry><Cd>NTRF</Cd></Prtry></BkTxCd>"
        f"{'' if line.bare else _inside(line, choice)}</Ntry>"
    )


def _inside(line: Line, choice: bool) -> str:
    if line.batch:
        parts = "".join(_transaction(line, name, minor, choice) for name, minor in line.batch)
        return f"<NtryDtls><Btch><NbOfTxs>{len(line.batch)}</NbOfTxs></Btch>{parts}</NtryDtls>"
    return f"<NtryDtls>{_transaction(line, line.end_to_end, line.minor, choice)}</NtryDtls>"


def _transaction(line: Line, end_to_end: str, minor: int, choice: bool) -> str:
    name = "<Pty><Nm>Payer Ltd</Nm></Pty>" if choice else "<Nm>Payer Ltd</Nm>"
    payer = (
        f"<RltdPties><Dbtr>{name}</Dbtr><DbtrAcct><Id><Othr><Id>{line.payer}</Id></Othr></Id></DbtrAcct></RltdPties>"
        "<RltdAgts><DbtrAgt><FinInstnId><BICFI>PAYRCNBJ</BICFI></FinInstnId></DbtrAgt></RltdAgts>"
        if line.payer else ""
    )  # fmt: skip
    back = f"<RtrInf><Rsn><Cd>{line.returned}</Cd></Rsn></RtrInf>" if line.returned else ""
    told = f"<RmtInf><Ustrd>{line.remittance}</Ustrd></RmtInf>" if line.remittance else ""
    return (
        f"<TxDtls><Refs><EndToEndId>{end_to_end or 'NOTPROVIDED'}</EndToEndId></Refs>"
        f'<Amt Ccy="{line.currency}">{money(minor)}</Amt><CdtDbtInd>{line.side}</CdtDbtInd>'
        f"{payer}{told}{back}</TxDtls>"
    )


def _account(number: str) -> str:
    return f"<Acct><Id><Othr><Id>{number}</Id></Othr></Id></Acct>"


_HEAD = "<GrpHdr><MsgId>{}</MsgId><CreDtTm>2026-05-27T18:00:00</CreDtTm></GrpHdr>"


def notice(message_id: str, account: str, *lines: Line) -> bytes:
    """A camt.054."""
    entries = "".join(_entry(line, choice=False) for line in lines)
    return (
        f'<Document xmlns="{URN}{CAMT054}"><BkToCstmrDbtCdtNtfctn>{_HEAD.format(message_id)}'
        f"<Ntfctn><Id>{message_id}</Id><CreDtTm>2026-05-27T18:00:00</CreDtTm>{_account(account)}{entries}"
        "</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"
    ).encode()


def intraday(message_id: str, account: str, *lines: Line) -> bytes:
    """A camt.052."""
    entries = "".join(_entry(line, choice=False) for line in lines)
    return (
        f'<Document xmlns="{URN}{CAMT052}"><BkToCstmrAcctRpt>{_HEAD.format(message_id)}'
        f"<Rpt><Id>{message_id}</Id><CreDtTm>2026-05-27T18:00:00</CreDtTm>{_account(account)}{entries}"
        "</Rpt></BkToCstmrAcctRpt></Document>"
    ).encode()


def statement(message_id: str, account: str, *lines: Line, opening: int = 0) -> bytes:
    """A camt.053 of one day that adds up."""
    closing = opening + sum(line.minor if line.side == "CRDT" else -line.minor for line in lines)
    balances = "".join(
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="CNY">{money(abs(minor))}</Amt><CdtDbtInd>{"CRDT" if minor >= 0 else "DBIT"}</CdtDbtInd>'
        f"<Dt><Dt>{date_of(DAY).isoformat()}</Dt></Dt></Bal>"
        for code, minor in (("OPBD", opening), ("CLBD", closing))
    )
    entries = "".join(_entry(line, choice=True) for line in lines)
    return (
        f'<Document xmlns="{URN}{CAMT053}"><BkToCstmrStmt>{_HEAD.format(message_id)}'
        f"<Stmt><Id>{message_id}</Id><CreDtTm>2026-05-27T18:00:00</CreDtTm>{_account(account)}{balances}{entries}"
        "</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def status(message_id: str, original: str, end_to_end: str, code: str, reason: str = "") -> bytes:
    """A pain.002 about one transfer of one message; about the whole message where no transfer is named."""
    why = f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>" if reason else ""
    one = (
        f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>B</OrgnlPmtInfId><TxInfAndSts>"
        f"<OrgnlEndToEndId>{end_to_end}</OrgnlEndToEndId><TxSts>{code}</TxSts>{why}</TxInfAndSts></OrgnlPmtInfAndSts>"
    )
    group = "" if end_to_end else f"<GrpSts>{code}</GrpSts>{why}"
    return (
        f'<Document xmlns="{URN}{PAIN002}"><CstmrPmtStsRpt>{_HEAD.format(message_id)}'
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{original}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>{group}"
        f"</OrgnlGrpInfAndSts>{one if end_to_end else ''}</CstmrPmtStsRpt></Document>"
    ).encode()


def kind_of(raw: bytes) -> str:
    """The name of a message made here."""
    head = raw[:200].decode(errors="ignore")
    return next(name for name in (CAMT052, CAMT053, CAMT054, PAIN002) if name in head)


# ── signing ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Signer:
    """A bank's transport key."""

    bic: str
    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def key_id(self) -> str:
        return f"{self.bic}-transport"

    @property
    def jwk(self) -> dict[str, str]:
        raw = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        x = urlsafe_b64encode(raw).rstrip(b"=").decode()
        return {"kty": "OKP", "crv": "Ed25519", "kid": self.key_id, "x": x}

    def headers(
        self,
        url: str,
        name: str,
        message_id: str,
        body: bytes,
        *,
        created: datetime | None = None,
        nonce: str | None = None,
    ) -> dict[str, str]:
        """The headers under which a message is sent to `url`."""
        headers = {
            "content-type": "application/xml", "message-name": name, "idempotency-key": message_id
        }  # fmt: skip
        message = SimpleNamespace(method="POST", url=url, headers=headers)
        signer = HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=_Own(self.private))
        signer.sign(
            message, key_id=self.key_id, covered_component_ids=COVERED, body=body, label="bank",
            created=created or datetime.now(UTC), nonce=nonce,
        )  # fmt: skip
        return {key.lower(): value for key, value in message.headers.items()}


class _Own(HTTPSignatureKeyResolver):
    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private

    def resolve_private_key(self, key_id: str) -> Any:  # noqa: ARG002  # it has one key
        return self._private

    def resolve_public_key(self, key_id: str) -> Any:
        raise LookupError(key_id)


@contextmanager
def published(*signers: Signer) -> Iterator[Mapping[str, str]]:
    """Serves each bank's keys; gives the address of each by BIC."""
    keys = {f"/{each.bic}/keys": json.dumps({"keys": [each.jwk]}).encode() for each in signers}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(keys[self.path])

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    # It looks this often (seconds) whether it is to end.
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        base = f"http://127.0.0.1:{server.server_port}"
        yield {each.bic: f"{base}/{each.bic}/keys" for each in signers}
    finally:
        server.shutdown()
        server.server_close()
