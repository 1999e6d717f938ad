"""Small OFD packages as other programs write them: made with ``zipfile``, not with anything of gmseal's.

Pages carry text, lines, a filled shape and a picture; templates, annotations, attachments and further
documents come when asked for. Everything in them is invented.
"""

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass, field

SPACE = 'xmlns:ofd="http://www.ofdspec.org/2016"'
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_DATE = (2026, 5, 20, 9, 30, 0)


def picture(side: int = 24) -> bytes:
    """A PNG of blue and white squares."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    blue, white = b"\x1f\x4e\x9c", b"\xff\xff\xff"
    rows = b"".join(
        b"\0" + b"".join(blue if (x // 4 + y // 4) % 2 else white for x in range(side)) for y in range(side)
    )
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


@dataclass(kw_only=True)
class OfdPlan:
    """What a package is made of. ``size`` is the default page in millimetres, ``own_sizes`` those of pages."""

    pages: int = 1
    size: tuple[float, float] = (210, 297)
    own_sizes: dict[int, tuple[float, float]] = field(default_factory=dict)
    title: str = "设备供货合同"
    text: str = "合同金额人民币壹佰万元整"
    documents: int = 1
    template: bool = False
    annotations: bool = False
    attachment: bytes | None = None
    prefix: str = "ofd:"
    lines: int = 3
    more: dict[str, bytes] = field(default_factory=dict)
    entry_last: bool = False

    def files(self) -> dict[str, bytes]:
        """The files of the package by name."""
        found: dict[str, bytes] = {}
        bodies = ""
        for index in range(self.documents):
            folder = f"Doc_{index}"
            bodies += (
                f"<ofd:DocBody><ofd:DocInfo><ofd:DocID>{index:032x}</ofd:DocID><ofd:Title>{self.title}</ofd:Title>"
                "<ofd:CreationDate>2026-05-20</ofd:CreationDate></ofd:DocInfo>"
                f"<ofd:DocRoot>{folder}/Document.xml</ofd:DocRoot></ofd:DocBody>"
            )
            found |= self._document(folder)
        entry = {
            "OFD.xml": f'{_HEAD}<ofd:OFD {SPACE} Version="1.1" DocType="OFD">{bodies}</ofd:OFD>'.encode()
        }
        every = {**found, **entry} if self.entry_last else {**entry, **found}
        every |= self.more
        if self.prefix != "ofd:":
            every = {name: self._renamed(name, content) for name, content in every.items()}
        return every

    def build(self) -> bytes:
        """The package."""
        return write_package(self.files())

    def _renamed(self, name: str, content: bytes) -> bytes:
        if not name.endswith(".xml"):
            return content
        prefix = self.prefix.encode()
        declared = b"xmlns:" + prefix[:-1] if prefix else b"xmlns"
        content = content.replace(b"xmlns:ofd=", declared + b"=")
        return content.replace(b"<ofd:", b"<" + prefix).replace(b"</ofd:", b"</" + prefix)

    def _document(self, folder: str) -> dict[str, bytes]:
        width, height = self.size
        pages = "".join(
            f'<ofd:Page ID="{100 + number}" BaseLoc="Pages/Page_{number}/Content.xml"/>'
            for number in range(self.pages)
        )
        template = '<ofd:TemplatePage ID="50" BaseLoc="Tpls/Tpl_0/Content.xml"/>' if self.template else ""
        annotations = "<ofd:Annotations>Annots/Annotations.xml</ofd:Annotations>" if self.annotations else ""
        attached = "<ofd:Attachments>Attachs/Attachments.xml</ofd:Attachments>" if self.attachment else ""
        box = f"<ofd:PhysicalBox>0 0 {width:g} {height:g}</ofd:PhysicalBox>"
        document = (
            f"{_HEAD}<ofd:Document {SPACE}><ofd:CommonData><ofd:MaxUnitID>900</ofd:MaxUnitID>"
            f"<ofd:PageArea>{box}</ofd:PageArea><ofd:PublicRes>PublicRes.xml</ofd:PublicRes>"
            f"<ofd:DocumentRes>DocumentRes.xml</ofd:DocumentRes>{template}</ofd:CommonData>"
            f"<ofd:Pages>{pages}</ofd:Pages>{annotations}{attached}</ofd:Document>"
        )
        found = {
            f"{folder}/Document.xml": document,
            f"{folder}/PublicRes.xml": f'{_HEAD}<ofd:Res {SPACE} BaseLoc="Res"><ofd:Fonts><ofd:Font ID="2" '
            'FontName="宋体" FamilyName="宋体"/></ofd:Fonts></ofd:Res>',
            f"{folder}/DocumentRes.xml": f'{_HEAD}<ofd:Res {SPACE} BaseLoc="Res"><ofd:MultiMedias><ofd:MultiMedia '
            'ID="3" Type="Image" Format="PNG"><ofd:MediaFile>picture.png</ofd:MediaFile></ofd:MultiMedia>'
            "</ofd:MultiMedias></ofd:Res>",
        }
        for number in range(self.pages):
            found[f"{folder}/Pages/Page_{number}/Content.xml"] = self._page(number)
        if self.template:
            found[f"{folder}/Tpls/Tpl_0/Content.xml"] = self._template()
        if self.annotations:
            found |= _annotations(folder)
        out = {name: text.encode() for name, text in found.items()}
        out[f"{folder}/Res/picture.png"] = picture()
        if self.attachment:
            out |= _attachments(folder, self.attachment)
        return out

    def _page(self, number: int) -> str:
        own = self.own_sizes.get(number)
        area = (
            f"<ofd:Area><ofd:PhysicalBox>0 0 {own[0]:g} {own[1]:g}</ofd:PhysicalBox></ofd:Area>"
            if own
            else ""
        )
        template = '<ofd:Template TemplateID="50" ZOrder="Background"/>' if self.template else ""
        lines = "".join(
            f'<ofd:TextObject ID="{200 + 10 * number + line}" Boundary="20 {20 + 8 * line} 160 6" Font="2" Size="4.2">'
            f'<ofd:TextCode X="0" Y="4.2" DeltaX="g {len(self.text) - 1} 4.2">{self.text}</ofd:TextCode></ofd:TextObject>'
            for line in range(self.lines)
        )
        return (
            f'{_HEAD}<ofd:Page {SPACE}>{area}{template}<ofd:Content><ofd:Layer ID="{400 + number}">{lines}'
            '<ofd:PathObject ID="501" Boundary="20 60 80 30" LineWidth="0.5"><ofd:StrokeColor Value="0 0 0"/>'
            "<ofd:AbbreviatedData>M 0 0 L 80 0 L 80 30 L 0 30 C</ofd:AbbreviatedData></ofd:PathObject>"
            '<ofd:PathObject ID="502" Boundary="25 65 20 20" Fill="true" Stroke="false"><ofd:FillColor Value="31 78 156"/>'
            "<ofd:AbbreviatedData>M 0 0 L 20 0 L 20 20 L 0 20 C</ofd:AbbreviatedData></ofd:PathObject>"
            '<ofd:ImageObject ID="503" Boundary="60 65 20 20" CTM="20 0 0 20 0 0" ResourceID="3"/>'
            "</ofd:Layer></ofd:Content></ofd:Page>"
        )

    def _template(self) -> str:
        return (
            f'{_HEAD}<ofd:Page {SPACE}><ofd:Content><ofd:Layer ID="600" Type="Background"><ofd:PathObject ID="601" '
            'Boundary="10 280 190 1" LineWidth="0.3"><ofd:StrokeColor Value="120 120 120"/>'
            "<ofd:AbbreviatedData>M 0 0 L 190 0</ofd:AbbreviatedData></ofd:PathObject></ofd:Layer></ofd:Content>"
            "</ofd:Page>"
        )


def _annotations(folder: str) -> dict[str, str]:
    return {
        f"{folder}/Annots/Annotations.xml": f'{_HEAD}<ofd:Annotations {SPACE}><ofd:Page PageID="100">'
        "<ofd:FileLoc>Page_0/Annotation.xml</ofd:FileLoc></ofd:Page></ofd:Annotations>",
        f"{folder}/Annots/Page_0/Annotation.xml": f'{_HEAD}<ofd:PageAnnot {SPACE}><ofd:Annot ID="700" Type="Watermark" '
        'Creator="示例" LastModDate="2026-05-20"><ofd:Appearance Boundary="30 200 60 10"><ofd:TextObject ID="701" '
        'Boundary="0 0 60 10" Font="2" Size="6"><ofd:TextCode X="0" Y="6">仅供示例</ofd:TextCode></ofd:TextObject>'
        "</ofd:Appearance></ofd:Annot></ofd:PageAnnot>",
    }


def _attachments(folder: str, content: bytes) -> dict[str, bytes]:
    listed = (
        f'{_HEAD}<ofd:Attachments {SPACE}><ofd:Attachment ID="800" Name="清单" Format="txt">'
        "<ofd:FileLoc>list.txt</ofd:FileLoc></ofd:Attachment></ofd:Attachments>"
    )
    return {f"{folder}/Attachs/Attachments.xml": listed.encode(), f"{folder}/Attachs/list.txt": content}


def write_package(
    files: dict[str, bytes], *, packing: int = zipfile.ZIP_DEFLATED, comment: bytes = b""
) -> bytes:
    """A ZIP archive of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as archive:
        archive.comment = comment
        for name, content in files.items():
            info = zipfile.ZipInfo(name, _DATE)
            info.compress_type = packing
            archive.writestr(info, content)
    return out.getvalue()


def read_files(package: bytes) -> dict[str, bytes]:
    """The files of a package as Python's own reader sees them."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def with_files(package: bytes, changes: dict[str, bytes | None]) -> bytes:
    """The package with files replaced, added, or (``None``) removed."""
    files = {
        **read_files(package),
        **{name: content for name, content in changes.items() if content is not None},
    }
    return write_package({name: files[name] for name in files if changes.get(name, b"") is not None})
