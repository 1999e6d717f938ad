"""What kinds of evidence the steps of a seal's life ask for."""

from __future__ import annotations

from enum import StrEnum

from shuangyin.core.text import Text


class EvidenceKind(StrEnum):
    """A kind of paper or picture that proves a step."""

    ESTABLISHMENT_PROOF = "establishment_proof"
    INTRODUCTION_LETTER = "introduction_letter"
    POWER_OF_ATTORNEY = "power_of_attorney"
    AGENT_ID = "agent_id"
    AGENT_PHOTO = "agent_photo"
    IMPRINT = "imprint"
    IMPRINT_CARD = "imprint_card"
    MAKING_CERTIFICATE = "making_certificate"
    FILING_RECEIPT = "filing_receipt"
    INTERNAL_DECISION = "internal_decision"
    LETTER_OF_AUTHORITY = "letter_of_authority"
    POLICE_REPORT = "police_report"
    WRITTEN_STATEMENT = "written_statement"
    NOTICE_OF_INVALIDITY = "notice_of_invalidity"
    DAMAGE_PHOTO = "damage_photo"
    SURRENDER_GROUND = "surrender_ground"
    ENGRAVER_RECEIPT = "engraver_receipt"
    DESTRUCTION_CERTIFICATE = "destruction_certificate"
    DESTRUCTION_PHOTO = "destruction_photo"
    REVOCATION_GROUND = "revocation_ground"
    REVOCATION_CERTIFICATE = "revocation_certificate"
    CHANGE_NOTICE = "change_notice"

    @property
    def words(self) -> Text:
        """How people call it."""
        return _WORDS[self]


_WORDS: dict[EvidenceKind, Text] = {
    EvidenceKind.ESTABLISHMENT_PROOF: Text(
        "设立或登记证明（营业执照等）", "Proof of establishment (licence)"
    ),
    EvidenceKind.INTRODUCTION_LETTER: Text("上级单位介绍信", "Letter of introduction from the superior body"),
    EvidenceKind.POWER_OF_ATTORNEY: Text(
        "法定代表人授权委托书", "Power of attorney of the legal representative"
    ),
    EvidenceKind.AGENT_ID: Text("经办人身份证件", "Identity document of the agent"),
    EvidenceKind.AGENT_PHOTO: Text("经办人现场照片", "Photo of the agent on site"),
    EvidenceKind.IMPRINT: Text("印模", "Imprint"),
    EvidenceKind.IMPRINT_CARD: Text("印鉴留存卡", "Imprint card"),
    EvidenceKind.MAKING_CERTIFICATE: Text("电子印章制作证书", "E-seal making certificate"),
    EvidenceKind.FILING_RECEIPT: Text("备案回执", "Receipt of the filing"),
    EvidenceKind.INTERNAL_DECISION: Text("单位内部决定", "Decision of the organization"),
    EvidenceKind.LETTER_OF_AUTHORITY: Text("单位授权书", "Letter of authority"),
    EvidenceKind.POLICE_REPORT: Text("报案回执", "Police report"),
    EvidenceKind.WRITTEN_STATEMENT: Text("书面遗失说明", "Written statement of the loss"),
    EvidenceKind.NOTICE_OF_INVALIDITY: Text("遗失声明登报", "Published notice of invalidity"),
    EvidenceKind.DAMAGE_PHOTO: Text("损坏印章照片", "Photo of the damaged seal"),
    EvidenceKind.SURRENDER_GROUND: Text("缴销依据（更名、撤销、换章等）", "Ground for the surrender"),
    EvidenceKind.ENGRAVER_RECEIPT: Text("刻章单位收章回执", "Engraver's receipt"),
    EvidenceKind.DESTRUCTION_CERTIFICATE: Text("销毁证明", "Certificate of destruction"),
    EvidenceKind.DESTRUCTION_PHOTO: Text("销毁照片", "Photo of the destruction"),
    EvidenceKind.REVOCATION_GROUND: Text("注销依据", "Ground for the revocation"),
    EvidenceKind.REVOCATION_CERTIFICATE: Text("电子印章注销证书", "E-seal revocation certificate"),
    EvidenceKind.CHANGE_NOTICE: Text("登记机关变更通知书", "Notice of the change by the registry"),
}
