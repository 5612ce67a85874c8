"""Headings and labels in English and Chinese. Sentences of the verdict itself are English in both."""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("en", "zh")

_WORDS: Mapping[str, tuple[str, str]] = {
    "title": ("Certificate and receipt check", "凭证与仓单核验"),
    "certificate": ("Certificate", "凭证"),
    "receipt": ("Warehouse receipt", "仓单"),
    "authentic": ("Authentic", "真实"),
    "not authentic": ("Not shown to be authentic", "未能证明真实"),
    "free": ("Free", "无权利负担"),
    "not free": ("Not free", "存在权利限制"),
    "group.authentic": ("Is it authentic?", "是否真实"),
    "group.free": ("Is it free?", "是否存在权利负担"),
    "group.note": ("Worth knowing", "其他信息"),
    "holds": ("holds", "成立"),
    "fails": ("does not hold", "不成立"),
    "attention": ("look here", "请注意"),
    "evidence": ("Evidence", "证据"),
    "lineage": ("The way from the root", "流转路径"),
    "this certificate": ("this certificate", "本凭证"),
    "this receipt": ("this receipt", "本仓单"),
    "place": ("Asked of the chain", "链上查询位置"),
    "chain": ("Chain", "链编号"),
    "ledger": ("Ledger contract", "账本合约"),
    "block": ("Block", "区块"),
    "hash": ("Block hash", "区块哈希"),
    "time": ("Block time", "区块时间"),
    "client": ("Node", "节点"),
    "holder": ("Holder", "持有人"),
    "amount": ("Amount", "金额"),
    "quantity": ("Quantity", "数量"),
    "deliverable": ("Handed over for it today", "当前可提数量"),
    "keeper": ("Keeper", "保管人"),
    "facility": ("Pledged under facility", "质押授信"),
    "control agent": ("Control agent", "监管人"),
    "valued": ("Last valued", "最近估值"),
    "lot": ("Lot", "批次"),
    "lies at": ("Place", "存放地点"),
    "last day": ("Last day of storage", "仓储期限"),
    "counted": ("Last count", "最近盘点"),
    "debtor": ("Debtor", "债务人"),
    "due": ("Due day", "到期日"),
    "root": ("Receivable", "应收账款"),
    "party": ("party", "主体"),
    "to": ("to", "转至"),
    "signed": ("signed", "签署"),
    "transaction": ("transaction", "交易"),
    "scan": ("This page", "本页网址"),
    "another": ("Check another one", "核验其他凭证或仓单"),
    "number": ("Number", "编号"),
    "check": ("Check", "核验"),
    "source": (
        "Every statement on this page was read from the chain for this page, or from a document whose hash is on the "
        "chain; none rests on the gateway's database.",
        "本页全部内容均于生成时直接读取自区块链，或取自其哈希已上链的单据；不以平台数据库为依据。",
    ),
    "bad id": (
        "A certificate's or a receipt's number is written party-serial, for example 101-1.",
        "凭证或仓单编号的格式为“主体编号-序号”，例如 101-1。",
    ),
    "no block": ("The chain has no such block.", "区块链上没有该区块。"),
    "moved": ("The chain changed while it was read. Ask again.", "读取期间区块链发生变化，请重试。"),
    "check.exists": ("Existence and state", "存在与状态"),
    "check.root": ("The receivable", "应收账款"),
    "check.lot": ("The lot", "批次"),
    "check.storing": ("Signed into store", "入库签名"),
    "check.document": ("The document", "仓单单据"),
    "check.lien": ("Storage paid", "仓储费已结清"),
    "check.medium": ("Not on paper", "非纸质"),
    "check.left": ("What is left", "剩余数量"),
    "check.control": ("In whose hands", "货物控制"),
    "check.pledge": ("What it secures", "质押状况"),
    "check.counted": ("The last count", "最近盘点"),
    "check.place": ("Where the goods lie", "存放地点"),
    "check.certificate": ("The certificate of conformity", "车辆合格证"),
    "check.inspector": ("An independent inspector", "独立检验人"),
    "check.beyond-chain": ("What no chain can see", "链上无法证明的事项"),
    "check.confirmation": ("The debtor's confirmation", "债务人确权签名"),
    "check.acceptance": ("The payee's acceptance", "收款人接收签名"),
    "check.invoices": ("Invoices used", "所用发票"),
    "check.invoice-caps": ("Credit notes", "红字发票"),
    "check.lineage": ("Every step signed", "流转各步签名"),
    "check.conservation": ("Quantities conserved", "数额守恒"),
    "check.replay": ("Events against storage", "事件与存储一致"),
    "check.live": ("Neither spent nor settled", "未注销未清偿"),
    "check.unlocked": ("No pledge", "无质押锁定"),
    "check.unfrozen": ("No freeze", "未被冻结"),
    "check.before-due": ("Before its due day", "未到期"),
    "check.pay-to": ("Where the money goes", "款项去向"),
    "check.payments": ("Payments", "付款"),
    "check.parties": ("Standing of the parties", "主体状态"),
    "check.signers-today": ("The signers today", "签名人现状"),
    "event.RootAccepted": ("accepted", "接收"),
    "event.Split": ("split off", "拆分"),
    "event.Carved": ("part set aside", "分割"),
    "event.Merged": ("merged with", "合并"),
    "event.Assigned": ("assigned", "转让"),
    "event.OfferWithdrawn": ("offer withdrawn", "撤回要约"),
    "event.Locked": ("pledged", "质押锁定"),
    "event.Unlocked": ("released", "解除锁定"),
    "event.Delivered": ("delivered against payment", "付款交割"),
    "event.Frozen": ("frozen by order", "依令冻结"),
    "event.Lifted": ("freeze lifted", "解除冻结"),
    "event.PaidOut": ("paid", "清分付款"),
    "event.LatePaid": ("late interest paid", "支付逾期利息"),
    "event.SettledEarly": ("settled early", "提前结清"),
    "event.TitleWrittenOff": ("given up", "核销"),
    "event.Stored": ("stored", "入库"),
    "event.ReceiptSplit": ("cancelled, in its place", "注销并换发"),
    "event.GoodsHeld": ("sale in enforcement agreed, or ended", "处置出售成立或终止"),
    "event.GoodsConverted": ("sold on credit, in its place", "赊销，由应收账款替代"),
    "event.StorageCharged": ("storage charged, or paid", "仓储费计收或结清"),
    "event.HandedOver": ("handed over", "交付"),
    "event.MediumChanged": ("medium changed", "载体转换"),
    "event.Replaced": ("lost on paper and cancelled, in its place", "挂失注销并补发"),
}


class Words:
    """One language's words."""

    def __init__(self, language: str) -> None:
        """`language`: one of LANGUAGES; raises ValueError."""
        self._place = LANGUAGES.index(language)
        self.language = language

    def __call__(self, key: str) -> str:
        """A word; raises KeyError for one nobody wrote."""
        return _WORDS[key][self._place]
