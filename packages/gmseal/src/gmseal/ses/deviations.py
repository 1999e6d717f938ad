"""What real seals and signatures write otherwise than the standard: each deviation with its weight, told in words.

A deviation is tolerated when reading, never hidden: it becomes a ``Finding``. Nothing of this is ever written.
"""

from enum import StrEnum
from typing import Final

from gmseal.report import Finding, Severity


class Deviation(StrEnum):
    """The codes of the findings that reading seals and seal signatures can make."""

    RAW_SIGNATURE = "RAW_SIGNATURE"
    NEGATIVE_NUMBER = "NEGATIVE_NUMBER"
    BITS_TRIMMED = "BITS_TRIMMED"
    TIME_TWO_DIGIT_YEAR = "TIME_TWO_DIGIT_YEAR"
    TIME_WITHOUT_ZONE = "TIME_WITHOUT_ZONE"
    TIME_OF_OTHER_TYPE = "TIME_OF_OTHER_TYPE"
    TIME_AS_TEXT = "TIME_AS_TEXT"
    LIST_TYPE = "LIST_TYPE"
    LIST_OF_BARE_CERTIFICATES = "LIST_OF_BARE_CERTIFICATES"
    LIST_OF_IDS = "LIST_OF_IDS"
    TEXT_PADDED = "TEXT_PADDED"
    TEXT_ENCODING = "TEXT_ENCODING"
    EXTENSIONS_UNTAGGED = "EXTENSIONS_UNTAGGED"
    EXTENSION_FALSE_WRITTEN = "EXTENSION_FALSE_WRITTEN"
    EXTENSION_CRITICAL_UNKNOWN = "EXTENSION_CRITICAL_UNKNOWN"
    PICTURE_IS_OFD = "PICTURE_IS_OFD"
    MAKER_IS_SIGNER = "MAKER_IS_SIGNER"
    TIMESTAMP_NOT_A_TOKEN = "TIMESTAMP_NOT_A_TOKEN"  # noqa: S105 - a code, not a secret
    ALGORITHM_PARAMETERS = "ALGORITHM_PARAMETERS"
    CERTIFICATE_PARAMETERS = "CERTIFICATE_PARAMETERS"
    HEADER_VERSION = "HEADER_VERSION"
    WEAK_HASH = "WEAK_HASH"


_DER: Final = "ITU-T X.690 8.6, 10, 11"
_SM2: Final = "GB/T 35276-2017 7.3"
_SEAL: Final = "GB/T 38540-2020 6.1"
_SIGNATURE: Final = "GB/T 38540-2020 7.1"
_V1: Final = "GM/T 0031-2014 5"

_TOLD: Final[dict[Deviation, tuple[Severity, str, str, str]]] = {
    Deviation.RAW_SIGNATURE: (
        Severity.MAJOR,
        "签名值为 64 字节原始数据而非 DER",
        "The signature is 64 raw octets, not DER.",
        _SM2,
    ),
    Deviation.NEGATIVE_NUMBER: (
        Severity.MAJOR,
        "签名值中的整数被写成负数",
        "A number of the signature is written as a negative one.",
        _SM2,
    ),
    Deviation.BITS_TRIMMED: (
        Severity.MAJOR,
        "位串末尾的零被截去，已补齐",
        "Zeros at the end of the BIT STRING were cut off; they were put back.",
        _DER,
    ),
    Deviation.TIME_TWO_DIGIT_YEAR: (
        Severity.MAJOR,
        "时间的年份只有两位",
        "The year of the time has two digits.",
        _DER,
    ),
    Deviation.TIME_WITHOUT_ZONE: (
        Severity.MAJOR,
        "时间未注明时区，按北京时间读取",
        "The time names no zone; it was read as Beijing time.",
        _DER,
    ),
    Deviation.TIME_OF_OTHER_TYPE: (
        Severity.MAJOR,
        "时间采用了另一种类型",
        "The time is of another type than this version writes.",
        _SEAL,
    ),
    Deviation.TIME_AS_TEXT: (
        Severity.MINOR,
        "签章时间以普通文本表示",
        "The signing time is written as plain text.",
        _V1,
    ),
    Deviation.LIST_TYPE: (
        Severity.MAJOR,
        "证书列表类型与列表内容不符",
        "The type of the certificate list is not that of its content.",
        _SEAL,
    ),
    Deviation.LIST_OF_BARE_CERTIFICATES: (
        Severity.MINOR,
        "证书列表直接存放证书结构",
        "The list holds certificates without an OCTET STRING around them.",
        _V1,
    ),
    Deviation.LIST_OF_IDS: (
        Severity.MAJOR,
        "证书列表存放的是标识而非证书",
        "The list holds identifiers in place of certificates.",
        _V1,
    ),
    Deviation.TEXT_PADDED: (
        Severity.MINOR,
        "文本以零字节填充",
        "The text is padded with NUL octets.",
        _SEAL,
    ),
    Deviation.TEXT_ENCODING: (
        Severity.MAJOR,
        "文本编码与其类型不符",
        "The text is not encoded as its type demands.",
        _SEAL,
    ),
    Deviation.EXTENSIONS_UNTAGGED: (
        Severity.MINOR,
        "扩展数据未加标签",
        "The extension data carries no tag.",
        _SEAL,
    ),
    Deviation.EXTENSION_FALSE_WRITTEN: (
        Severity.MAJOR,
        "扩展项写出了默认的非关键标记",
        "An extension writes the default FALSE, or a TRUE that DER writes otherwise.",
        _DER,
    ),
    Deviation.EXTENSION_CRITICAL_UNKNOWN: (
        Severity.MAJOR,
        "有无法识别的关键扩展项",
        "There is a critical extension that is not known here.",
        _SEAL,
    ),
    Deviation.PICTURE_IS_OFD: (
        Severity.MINOR,
        "印章图像本身是一个 OFD 文件",
        "The picture is itself a small OFD package.",
        _SEAL,
    ),
    Deviation.MAKER_IS_SIGNER: (
        Severity.MINOR,
        "制章与签章使用同一证书",
        "One certificate makes the seal and uses it.",
        _SIGNATURE,
    ),
    Deviation.TIMESTAMP_NOT_A_TOKEN: (
        Severity.MAJOR,
        "时间戳字段不是时间戳",
        "The field for a time stamp holds none.",
        "GB/T 20520",
    ),
    Deviation.ALGORITHM_PARAMETERS: (
        Severity.MAJOR,
        "签名算法标识带有多余的参数",
        "The signature algorithm is written with parameters, not as an identifier alone.",
        _SEAL,
    ),
    Deviation.CERTIFICATE_PARAMETERS: (
        Severity.MINOR,
        "证书的 SM2 签名算法标识带有多余的参数",
        "A certificate writes parameters behind the SM2 signature algorithm, which has none.",
        "GB/T 20518",
    ),
    Deviation.HEADER_VERSION: (
        Severity.MINOR,
        "印章头中的版本号与结构不符",
        "The version in the header is not that of the structure.",
        _V1,
    ),
    Deviation.WEAK_HASH: (
        Severity.MAJOR,
        "采用了不再安全的 SHA-1",
        "SHA-1 is used, which is no longer safe.",
        _V1,
    ),
}


def finding(deviation: Deviation, where: str, severity: Severity | None = None) -> Finding:
    """The finding of a deviation in a field; ``severity`` when this field weighs otherwise."""
    usual, zh, en, clause = _TOLD[deviation]
    return Finding(deviation.value, severity or usual, where, zh, en, clause)
