"""Refusals of the documents area: what gmseal says about a PDF or an OFD, in sentences for people."""

from __future__ import annotations

from gmseal.errors import GmsealError
from gmseal.errors import Refused as GmsealRefused
from gmseal.pdf.losses import Losses
from shuangyin.core.errors import Forbidden, Invalid, Refused, ShuangyinError, TooLarge, Unavailable
from shuangyin.core.text import Text

_PAGES_NAMED = 10
_TOO_MUCH = frozenset({"TOO_LARGE", "TOO_MANY_PAGES", "TOO_MANY_ENTRIES"})
_PDF = {
    "NOT_PDF": Text(
        "这不是 PDF 或 OFD 文件。请将文件导出为 PDF 或 OFD 后上传。",
        "This is neither a PDF nor an OFD. Export the document as one of them and upload that.",
    ),
    "ENCRYPTED": Text(
        "PDF 文件已加密或设有密码，无法用印。请解除加密后上传。",
        "The PDF is encrypted. Remove the encryption and upload it again.",
    ),
    "BROKEN_XREF": Text(
        "PDF 文件结构损坏，无法修复。请从原程序重新导出后上传。",
        "The structure of this PDF is damaged beyond repair. Export it anew and upload that.",
    ),
    "BROKEN_STREAMS": Text(
        "PDF 文件内容流的长度有误，不同阅读器可能显示不同内容，无法用印。请修复文件或从原程序重新导出后上传。",
        "A stream of this PDF does not end where its length says, so readers may show different things. "
        "Repair the file or export it anew, and upload that.",
    ),
    "BROKEN_STRUCTURE": Text(
        "PDF 文件结构损坏，无法修复。请从原程序重新导出后上传。",
        "The structure of this PDF is damaged beyond repair. Export it anew and upload that.",
    ),
    "DECOMPRESSION_BOMB": Text(
        "PDF 文件解压后异常庞大，已拒绝。请从原程序重新导出后上传。",
        "This PDF expands beyond all measure and was refused. Export it anew and upload that.",
    ),
    "SIGNED": Text(
        "PDF 文件结构损坏，且已有他人签名，修复会使签名失效。请向对方索取完好的文件。",
        "The PDF is damaged and carries signatures, which a repair would break. Ask its sender for a sound file.",
    ),
    "XFA": Text(
        "PDF 含动态表单（XFA），无法用印。请将其打印为普通 PDF 后上传。",
        "The PDF holds a dynamic form (XFA). Print it into a plain PDF and upload that.",
    ),
    "DOCMDP_FORBIDS": Text(
        "该 PDF 的认证签名不允许再加盖印章。请向签名方索取允许后续签章的文件。",
        "A certifying signature of this PDF forbids further seals. Ask its signer for a file that allows them.",
    ),
}
_OFD = {
    "MALFORMED_INPUT": Text(
        "这不是完好的 OFD 文件（压缩包和 Office 文件须先导出为 PDF 或 OFD）。请重新导出后上传。",
        "This is no sound OFD. An archive or an office file is exported as PDF or OFD first. Export it and upload that.",
    ),
    "ENCRYPTED": Text(
        "OFD 文件已加密，无法用印。请解除加密后上传。",
        "The OFD is encrypted. Remove the encryption and upload it again.",
    ),
    "SIGNATURES_PROTECTED": Text(
        "该 OFD 已有的签章保护了整个文件，再加盖印章会使其失效。请向签章方索取允许后续签章的文件。",
        "A signature of this OFD protects the whole file, and a further seal would break it. Ask its signer for a file "
        "that allows more.",
    ),
    "ENTRY_PROTECTED": Text(
        "该 OFD 已有的签章不允许再加盖印章。请向签章方索取允许后续签章的文件。",
        "A signature of this OFD forbids further seals. Ask its signer for a file that allows them.",
    ),
    "PART_MISSING": Text(
        "OFD 文件不完整：缺少文档引用的部分。请从原程序重新导出后上传。",
        "The OFD is not complete: parts that it names are missing. Export it anew and upload that.",
    ),
    "PAGE_ID": Text(
        "OFD 文件的页面没有各自的标识，印章无法指明所在页。请从原程序重新导出后上传。",
        "Pages of this OFD have no id of their own, so no seal can name its page. Export it anew and upload that.",
    ),
    "RENDER_LIMIT": Text(
        "OFD 页面过于复杂，无法显示给审批人，未予接收。请从原程序导出为 PDF 后上传。",
        "A page of this OFD is too complex to be shown to who approves it. Export the document as PDF and upload that.",
    ),
}


def code_of(error: GmsealError) -> str:
    """The stable code of what gmseal raised."""
    return error.reason if isinstance(error, GmsealRefused) else error.code


def ofd_refused(code: str, says: str) -> ShuangyinError:
    """The refusal for what gmseal found out about an OFD, by its code and its English sentence."""
    if code in _TOO_MUCH:
        return _beyond_limits(code, says)
    text = _OFD.get(code)
    if text is None:
        return Invalid(code, f"OFD 文件无法使用（{code}）。请从原程序重新导出后上传。", says)
    return Invalid(code, text.zh, text.en)


def several_documents(count: int) -> Invalid:
    """The package holds more than one document; pages and seals of a request belong to one."""
    return Invalid(
        "OFD_SEVERAL_DOCUMENTS",
        f"该 OFD 文件内含 {count} 份文档。请拆分为每份一个文件后分别上传。",
        f"This OFD holds {count} documents. Split it into one file for each and upload those.",
        details={"documents": count},
    )


def _beyond_limits(code: str, says: str) -> TooLarge:
    return TooLarge(
        code,
        "文件页数或大小超过上限，请拆分后再上传。",
        f"{says} Split the document and upload the parts.",
    )


def pdf_refused(error: GmsealError) -> ShuangyinError:
    """The refusal for what gmseal found out about a PDF; codes are gmseal's."""
    code = code_of(error)
    if code in _TOO_MUCH:
        return _beyond_limits(code, str(error))
    text = _PDF.get(code)
    if text is None:
        return Invalid(
            code,
            f"PDF 文件无法使用（{code}）。请从原程序重新导出后上传。",
            f"{error} Export it anew and upload that.",
        )
    return Invalid(code, text.zh, text.en)


def expands() -> Invalid:
    """The first pages unpack to more than any page needs."""
    text = _PDF["DECOMPRESSION_BOMB"]
    return Invalid("DECOMPRESSION_BOMB", text.zh, text.en)


def content_lost(losses: Losses, pages: int) -> Invalid:
    """The damage took something off the pages: a repaired copy would show less than its author wrote."""
    numbers = [loss.page for loss in losses.pages]
    zh, en = [], []
    if losses.missing:
        zh.append(f"至少 {losses.missing} 页已缺失（仅能读出 {pages} 页）")
        en.append(f"at least {losses.missing} pages are gone (only {pages} can be read)")
    if numbers:
        shown, more = numbers[:_PAGES_NAMED], len(numbers) > _PAGES_NAMED
        zh.append(f"第 {'、'.join(map(str, shown))}{' 等' if more else ' '}页的内容、图片或字体无法读取")
        en.append(
            f"content, pictures or fonts of {'pages' if len(numbers) > 1 else 'page'}"
            f" {', '.join(map(str, shown))}{' and more' if more else ''} cannot be read"
        )
    return Invalid(
        "CONTENT_LOST",
        f"PDF 文件不完整：{'，'.join(zh)}。未予接收，请从原程序重新导出，或重新传输完整的文件。",
        f"The PDF is not complete: {'; '.join(en)}. It was not taken. Export it anew, or send the whole file.",
        details={"pages": numbers[:1000], "missing": losses.missing},
    )


def too_many_pages(pages: int, limit: int) -> TooLarge:
    """The document has more pages than the setting allows."""
    return TooLarge(
        "TOO_MANY_PAGES",
        f"文件共 {pages} 页，超过上限 {limit} 页。请拆分后再上传。",
        f"The document has {pages} pages; the limit is {limit}. Split it and upload the parts.",
        details={"pages": pages, "limit": limit},
    )


def name_too_long(limit: int) -> Invalid:
    """Title or file name beyond the limit."""
    return Invalid(
        "NAME_TOO_LONG",
        f"标题和文件名最多 {limit} 个字，请缩短后重试。",
        f"Title and file name have at most {limit} characters. Shorten them and try again.",
        details={"limit": limit},
    )


def name_malformed(unseen: str) -> Invalid:
    """Title or file name is empty or has invisible characters, which `unseen` names."""
    zh, en = (f"（{unseen}）", f" ({unseen})") if unseen else ("", "")
    return Invalid(
        "NAME_MALFORMED",
        f"标题和文件名不能为空，也不能含有不可见字符{zh}。",
        f"Title and file name must not be empty nor have invisible characters{en}.",
    )


def classified() -> Refused:
    """The paper carries the mark of a classified one."""
    return Refused(
        "CLASSIFIED_REFUSED",
        "文件带有国家秘密标志，不得在本平台处理，未保存任何内容。请按保密规定办理。",
        "The paper is marked as classified and must not be handled here; nothing of it was kept. Follow the rules on secrets.",
    )


def first_page_unreadable() -> Invalid:
    """The first page cannot be read, so nobody can say whether it is marked as classified."""
    return Invalid(
        "FIRST_PAGE_UNREADABLE",
        "首页内容无法读取，不能确认是否涉密，未予接收。请从原程序重新导出后上传。",
        "The first page cannot be read, so it cannot be checked for marks of secrecy. Export the file anew.",
    )


def inspection_unavailable() -> Unavailable:
    """The check of the first page cannot be run on this machine now."""
    return Unavailable(
        "INSPECTION_UNAVAILABLE",
        "文件检查暂时无法进行，请稍后重试。",
        "The file cannot be inspected right now. Try again in a moment.",
    )


def not_own_document() -> Forbidden:
    """Only who began a document adds versions to it."""
    return Forbidden(
        "NOT_OWN_DOCUMENT",
        "只有上传这份文件的人可以上传它的新版本。请联系上传人，或作为新文件上传。",
        "Only who uploaded this document may add a version to it. Ask that person, or upload a new document.",
    )


def upload_malformed() -> Invalid:
    """The form of an upload cannot be read."""
    return Invalid(
        "UPLOAD_MALFORMED",
        "上传内容无法读取：文件名可能过长，或上传中断。请缩短文件名后重试。",
        "The upload cannot be read: its file name may be too long, or it was cut off. Shorten the name and try again.",
    )


def pages_unreadable() -> Invalid:
    """The pages of a version cannot be drawn within the limits, so nobody can say which changed."""
    return Invalid(
        "PAGES_UNREADABLE",
        "页面无法在限定的时间内比对，请直接打开两个版本查看。",
        "The pages cannot be compared within the limits. Open both versions and look.",
    )
