"""What departs from the standards in a signed-data value, in words."""

from typing import Final

from gmseal.judging.log import Sentence
from gmseal.report import Finding, Severity
from gmseal.sm.cms import DeviationCode, SignedData

_CLAUSE: Final = "GB/T 35275-2017 8"
_SIGNATURE_CLAUSE: Final = "GB/T 35276-2017 7.3"

_TOLD: Final[dict[DeviationCode, tuple[Severity, Sentence, str]]] = {
    DeviationCode.BER_ENCODING: (
        Severity.MINOR,
        ("采用 BER 而非 DER 编码", "The value is encoded in BER, not in DER."),
        _CLAUSE,
    ),
    DeviationCode.BARE_SIGNED_DATA: (
        Severity.MAJOR,
        ("缺少外层 ContentInfo", "The signed data lacks the ContentInfo around it."),
        _CLAUSE,
    ),
    DeviationCode.FOREIGN_CONTENT_TYPE: (
        Severity.MINOR,
        ("内外层内容类型出自不同标准", "The content types inside and outside come from different standards."),
        _CLAUSE,
    ),
    DeviationCode.RAW_SIGNATURE: (
        Severity.MAJOR,
        ("签名值为 64 字节原始数据而非 DER", "The signature is 64 raw octets, not DER."),
        _SIGNATURE_CLAUSE,
    ),
    DeviationCode.NEGATIVE_NUMBER: (
        Severity.MAJOR,
        ("签名值中的整数被写成负数", "A number of the signature is written as a negative one."),
        _SIGNATURE_CLAUSE,
    ),
    DeviationCode.ATTRIBUTES_UNSORTED: (
        Severity.MAJOR,
        ("签名属性未按 DER 排序", "The signed attributes are not in the order of DER."),
        _CLAUSE,
    ),
    DeviationCode.CERTIFICATE_PARAMETERS: (
        Severity.MINOR,
        (
            "证书的 SM2 签名算法标识带有多余的参数",
            "A certificate writes parameters behind the SM2 signature algorithm, which has none.",
        ),
        "GB/T 20518",
    ),
    DeviationCode.KEY_ALGORITHM: (
        Severity.MINOR,
        ("签名算法标识写成了曲线标识", "The signature algorithm is named by the curve's identifier."),
        _CLAUSE,
    ),
}


def findings_of(signed_data: SignedData) -> tuple[Finding, ...]:
    """The deviations as findings, each once."""
    found: list[Finding] = []
    for deviation in dict.fromkeys(signed_data.deviations):
        severity, says, clause = _TOLD[deviation.code]
        found.append(Finding(deviation.code.value, severity, deviation.where, says[0], says[1], clause))
    return tuple(found)
