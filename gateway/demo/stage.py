"""The stage: chain, banks, evidence service, gateway and worker as processes of their own, and a deployed house."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2

from chainsvc.backends.rpc import Refused, Rpc, Unreachable
from chainsvc.deployment import Deployment, tallystick
from chainsvc.signing import keystore
from gateway.adapters.ledger import acts
from gateway.adapters.ledger.founding import admission, establish
from gateway.demo import people
from gateway.demo.people import Firm
from gateway.demo.processes import Processes, free_ports
from gateway.domain.calendar import date_of, day_of, day_of_date, first_second, iso

CHAIN_ID = 20_220
LENDER_BIC, CLEARING_BIC = "HXLDCNBJ", "QSCLCNSH"
NOON_SECONDS = 43_200
PAGE = 1_000
_LISTS = {"payment_orders": "payments", "bank_entries": "entries", "money": "exceptions"}
KEY_COST = 1 << 12
"""The story's relayer keys guard nothing of value; a production keystore takes the default cost."""


Tell = Callable[[str], None]


class StageRefused(RuntimeError):
    """The stage cannot be raised with what was given; the message says what to change."""


class AnswerRefused(RuntimeError):
    """Another program answered no. `rule`, `sentence`, `field` and `document` are its own words."""

    def __init__(self, answer: httpx2.Response) -> None:
        problem = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        self.rule = str(problem.get("rule", f"HTTP-{answer.status_code}"))
        self.sentence = str(problem.get("title") or problem.get("detail") or answer.text[:500])
        self.field = str(problem.get("field", ""))
        self.document = str(problem.get("document", ""))
        super().__init__(f"{answer.request.method} {answer.request.url.path}: {answer.text}")


@dataclass(slots=True)
class Stage:
    """Everything the story acts on. Leave the processes to stop them."""

    folder: Path
    processes: Processes
    rpc: Rpc
    deployment: Deployment
    domain: acts.Domain
    gateway: httpx2.Client
    banks: Mapping[str, httpx2.Client]
    evidence: httpx2.Client
    firms: dict[int, Firm]
    database_url: str
    urls: Mapping[str, str]
    day: int
    keys: Path

    def go_to(self, day: int) -> None:
        """Every clock moves to noon of a later day: the chain's and both banks'."""
        if day <= self.day:
            return
        self.rpc.call("evm_setNextBlockTimestamp", first_second(day) + NOON_SECONDS)
        self.rpc.call("evm_mine")
        for bank in self.banks.values():
            expect(bank.post("/clock", json={"day": iso(day)}))
        self.day = day


def expect(answer: httpx2.Response) -> Any:
    """The JSON of a good answer; raises AnswerRefused with what the other side said."""
    if answer.status_code >= 400:
        raise AnswerRefused(answer)
    return answer.json() if "json" in answer.headers.get("content-type", "") else answer.content


def listed(client: httpx2.Client, path: str, **params: Any) -> list[dict[str, Any]]:
    """Every row of one of the gateway's lists, page after page; it is named like the last word of its path."""
    name = path.rpartition("/")[2].replace("-", "_")
    found: list[dict[str, Any]] = []
    more: dict[str, Any] = {}
    while True:
        page = expect(client.get(path, params={**params, **more, "limit": PAGE}))
        found += page[_LISTS.get(name, name)]
        if page["next"] is None:
            return found
        more = {"cursor": page["next"]}


def once() -> dict[str, str]:
    """The header of a write that is like no other."""
    return {"Idempotency-Key": uuid4().hex}


def raise_stage(
    folder: Path,
    processes: Processes,
    as_of: date,
    *,
    database_url: str | None,
    rpc_url: str | None,
    tell: Tell,
) -> Stage:
    """Start everything and deploy; the clocks stand at noon of the as-of date. Raises StageRefused."""
    day = day_of_date(as_of)
    programs = ("chain", "lender", "clearing", "evidence", "gateway")
    ports = dict(zip(programs, free_ports(len(programs)), strict=True))
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    if rpc_url is None:
        _start_chain(folder, processes, ports["chain"], first_second(day) + NOON_SECONDS)
        processes.wait_for("chain", urls["chain"])
        tell("embedded chain, its clock in our hand")
    else:
        urls["chain"] = rpc_url
        _set_clock(rpc_url, first_second(day) + NOON_SECONDS)
        tell(f"chain at {rpc_url}")
    desk_token, naming_token = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    _start_peers(folder, processes, ports, urls, as_of, desk_token, naming_token)
    tell("two sandbox banks and the evidence service, each with books and keys of its own")
    desk = {"authorization": f"Bearer {desk_token}"}
    banks = {
        bic: httpx2.Client(base_url=urls[name], headers=desk, timeout=60, trust_env=False)
        for bic, name in ((LENDER_BIC, "lender"), (CLEARING_BIC, "clearing"))
    }
    evidence = httpx2.Client(base_url=urls["evidence"], headers=desk, timeout=60, trust_env=False)
    keys = folder / "wallets"
    founders = _founders(keys, banks)
    rpc = Rpc(urls["chain"], timeout=120)
    chain_id = int(rpc.call("eth_chainId"), 16)
    deployment = _deploy(folder, rpc, chain_id, founders)
    tell(f"contracts deployed and audited: {len(deployment.addresses)} on chain {chain_id}")
    domain = acts.Domain(chain_id, deployment.addresses["Ledger"])
    _introduce(domain, (*banks.values(), evidence))
    database = database_url or f"sqlite:///{folder / 'gateway.db'}"
    _start_gateway(folder, processes, ports, urls, chain_id, database, naming_token)
    tell("gateway and its worker")
    return Stage(
        folder=folder,
        processes=processes,
        rpc=rpc,
        deployment=deployment,
        domain=domain,
        gateway=httpx2.Client(base_url=urls["gateway"], timeout=120, trust_env=False),
        banks=banks,
        evidence=evidence,
        firms={firm.number: firm for firm in founders},
        database_url=database,
        urls=urls,
        day=day,
        keys=keys,
    )


def _founders(keys: Path, banks: Mapping[str, httpx2.Client]) -> list[Firm]:
    """The platform and the first three banks."""
    return [
        people.platform(keys),
        people.bank(11, "Huaxin lending bank", banks[LENDER_BIC]),
        people.bank(12, "Qingsuan clearing bank", banks[CLEARING_BIC]),
        people.silent_bank(13, "Third bank of the consortium", keys),
    ]


def _introduce(domain: acts.Domain, programs: Iterable[httpx2.Client]) -> None:
    """Tell those who sign at their own desks for which ledger they sign."""
    ledger = {
        "chain_id": domain.chain_id,
        "verifying_contract": domain.ledger,
        "name": "Tallystick",
        "version": "1",
    }
    for program in programs:
        expect(program.post("/ledger", json=ledger))


def _start_chain(folder: Path, processes: Processes, port: int, genesis_time: int) -> None:
    processes.start(
        "chain",
        "chainsvc.backends.embedded",
        ["--data", str(folder / "chain"), "--port", str(port), "--chain-id", str(CHAIN_ID),
         "--genesis-time", str(genesis_time), "--controlled-clock"],
    )  # fmt: skip


def _set_clock(url: str, wanted: int) -> None:
    """Bring a given node's clock to the story's first noon; a chain's clock never goes back."""
    try:
        with Rpc(url, timeout=30) as rpc:
            stands = int(rpc.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
            if stands >= wanted:
                raise StageRefused(
                    f"the chain at {url} stands at {date_of(day_of(stands)).isoformat()}, after the as-of date: "
                    "start the node with an earlier time, or give a later as_of in a scenario"
                )
            rpc.call("evm_setNextBlockTimestamp", wanted)
            rpc.call("evm_mine")
    except Unreachable as error:
        raise StageRefused(f"no node answers at {url}: {error}") from error
    except Refused as error:
        raise StageRefused(f"the node at {url} does not let its clock be set: {error}") from error


def _start_peers(
    folder: Path,
    processes: Processes,
    ports: Mapping[str, int],
    urls: Mapping[str, str],
    as_of: date,
    token: str,
    naming_token: str,
) -> None:
    bics = {"lender": LENDER_BIC, "clearing": CLEARING_BIC}
    for number, (name, bic) in enumerate(bics.items(), start=11):
        other = "clearing" if name == "lender" else "lender"
        config = {
            "data": str(folder / name), "bic": bic, "name": f"Sandbox {name} bank", "party_number": number,
            "port": ports[name], "business_day": as_of.isoformat(), "peers": {bics[other]: urls[other]},
            "callback": f"{urls['gateway']}/callbacks/banks/{bic}", "credit_limit_minor": people.UNLIMITED,
            "desk_token": token,
        }  # fmt: skip
        path = folder / f"{name}.json"
        path.write_text(json.dumps(config))
        processes.start(name, "gateway.adapters.banks.sandbox", ["--config", str(path)])
    path = folder / "evidence.json"
    path.write_text(
        json.dumps(
            {
                "data": str(folder / "evidence"),
                "port": ports["evidence"],
                "desk_token": token,
                "naming_token": naming_token,
            }
        )
    )
    processes.start("evidence", "gateway.adapters.evidence.service", ["--config", str(path)])
    for name in ("lender", "clearing", "evidence"):
        processes.wait_for(name, f"{urls[name]}/health")


def _deploy(folder: Path, rpc: Rpc, chain_id: int, founders: list[Firm]) -> Deployment:
    def key(name: str) -> Any:
        path = folder / f"{name}.json"
        return keystore.load(path, name) if path.exists() else keystore.create(path, name, cost=KEY_COST)

    deployer, administrator = key("deployer"), key("administrator")
    first, second = key("relayer"), key("relayer-second")
    plan = tallystick(
        administrator=administrator.address,
        relayers=[first.address, second.address],
        genesis=[admission(_founding(firm)) for firm in founders],
    )
    return establish(rpc, deployer, plan, chain_id=chain_id, records=folder / "deployment")


def _founding(firm: Firm) -> dict[str, Any]:
    admission = firm.admission()
    admission["identity"] = bytes.fromhex(admission["identity"][2:])
    admission["signers"] = [
        {**grant, "certificate": bytes.fromhex(grant["certificate"][2:])} for grant in admission["signers"]
    ]
    return admission


def _start_gateway(
    folder: Path,
    processes: Processes,
    ports: Mapping[str, int],
    urls: Mapping[str, str],
    chain_id: int,
    database: str,
    naming_token: str,
) -> None:
    environment = {
        "TALLYSTICK_DATABASE_URL": database,
        "TALLYSTICK_RPC_URL": urls["chain"],
        "TALLYSTICK_CHAIN_ID": str(chain_id),
        "TALLYSTICK_DEPLOYMENT": str(folder / "deployment"),
        "TALLYSTICK_RELAYER_KEY": str(folder / "relayer.json"),
        "TALLYSTICK_RELAYER_PASSWORD": "relayer",
        "TALLYSTICK_PUBLIC_URL": urls["gateway"],
        "TALLYSTICK_EVIDENCE_URL": urls["evidence"],
        "TALLYSTICK_EVIDENCE_TOKEN": naming_token,
        "TALLYSTICK_BANK_KEYS": json.dumps(
            {LENDER_BIC: f"{urls['lender']}/keys", CLEARING_BIC: f"{urls['clearing']}/keys"}
        ),
    }
    (folder / "gateway.env").write_text("".join(f"{name}={value}\n" for name, value in environment.items()))
    processes.start("gateway", "gateway.app", [str(ports["gateway"])], environment)
    processes.wait_for("gateway", f"{urls['gateway']}/health")
    processes.start("worker", "gateway.worker", [], environment)
