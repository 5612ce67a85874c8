"""The evidence service's register of documents: one keyed number for each, whoever shows it, however it is spelled."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from gateway.adapters.evidence.asked import asked, away
from gateway.problems import Problem


@dataclass(frozen=True, slots=True)
class Registered:
    """A document as the service registers it. `cap_minor` is what it comes to, in minor units of `currency`."""

    seller_id: str
    document_type: str
    number: str
    issue_year: int
    buyer_id: str
    currency: str
    cap_minor: int
    document_hash: str


class DocumentNumbers:
    """The service, asked over HTTP."""

    def __init__(self, url: str) -> None:
        self._url = url

    def register(self, document: Registered, label: str) -> str:
        """The document's nullifier; the same document again gets the same. `label` names it in what is refused.

        Raises Problem: EVIDENCE-UNREACHABLE, or the service's own refusal, such as INVOICE-AMENDED where the number is
        registered with other content.
        """
        nowhere = "nothing is attested from here"
        answer = asked(self._url, "/invoices", asdict(document), token="", nowhere=nowhere)
        found = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        if answer.status_code == 200:
            return str(found["nullifier"])
        if "rule" not in found:
            raise away("the evidence service does not register the document")
        raise Problem(
            found["rule"], found["detail"], status=answer.status_code, field="document", document=label,
            differences=found.get("differences", []),
        )  # fmt: skip
