"""Make samples/purchase-order.ofd anew, byte for byte the same.

    .venv/bin/python scripts/make_ofd_sample.py [FILE]

No free program writes OFD that could stand in for a product, so this one sample is ours: written with zipfile alone, nothing of
gmseal's, in the manner of office products. A line of text is cut into objects where its font changes, offsets are given
letter by letter, header and footer come from a template, and fonts are named, not embedded.
"""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

TARGET = Path(__file__).resolve().parent.parent / "samples" / "purchase-order.ofd"
MADE = (2026, 5, 18, 10, 20, 0)
SPACE = 'xmlns:ofd="http://www.ofdspec.org/2016"'
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
WIDTH, HEIGHT, LEFT, LINE = 210.0, 297.0, 25.0, 8.0
BODY, TITLE, SMALL = 4.23, 7.76, 3.18
"""Type sizes in mm: 小四, 小一 and 小五 as office programs have them."""
SONG, HEI = 3, 4
"""Ids of the two fonts."""

BUYER, SELLER = "北京云岫数科有限公司", "北京澄泉设备有限公司"
ITEMS = [
    ("循环冷却机组", "CQ-L40", "2 台", "128,000.00"),
    ("水质在线监测仪", "CQ-S08", "6 台", "57,600.00"),
    ("安装调试与培训", "", "1 项", "14,400.00"),
]
PAGES: list[list[str | None]] = [
    [
        f"甲方（采购方）：{BUYER}",
        f"乙方（供货方）：{SELLER}",
        "根据双方 2026 年 4 月签署的框架协议，甲方就下列货物向乙方下达订单。",
        "第一条 货物与价格",
        None,
        "合计人民币贰拾万元整（￥200,000.00），含税，含运费与保险。",
        "第二条 交货",
        "乙方于 2026 年 6 月 30 日前送至甲方指定地点，甲方三日内验收。",
    ],
    [
        "第三条 付款",
        "验收合格并收到发票后十五个工作日内，甲方一次付清。",
        "第四条 质量保证",
        "质量保证期为验收合格之日起二十四个月。",
        "本订单一式两份，双方盖章后生效；电子文件与纸质文件具有同等效力。",
    ],
]


class Ids:
    """Numbers for objects, each once."""

    def __init__(self) -> None:
        self.last = 20

    def next(self) -> int:
        self.last += 1
        return self.last


def wide(letter: str) -> bool:
    """Whether a letter takes a whole em."""
    return ord(letter) > 0x2E7F or letter == "￥"


def width_of(text: str, size: float) -> float:
    """How long a line is, in mm."""
    return sum(size if wide(letter) else size / 2 for letter in text)


def text_object(ids: Ids, text: str, x: float, base: float, size: float, font: int) -> str:
    """One object of a line, with the offset of every letter."""
    steps = " ".join(f"{size if wide(letter) else size / 2:.4g}" for letter in text[:-1])
    deltas = f' DeltaX="{steps}"' if steps else ""
    return (
        f'<ofd:TextObject ID="{ids.next()}" Boundary="{x:.4g} {base - size:.4g} {width_of(text, size) + 1:.4g} {size * 1.4:.4g}" '
        f'Font="{font}" Size="{size:g}"><ofd:FillColor Value="0 0 0"/>'
        f'<ofd:TextCode X="0" Y="{size:g}"{deltas}>{escape(text)}</ofd:TextCode></ofd:TextObject>'
    )


def line(ids: Ids, text: str, base: float, size: float = BODY) -> str:
    """A line of the body; what stands before the first blank of a heading, or in brackets, is an object of its own."""
    font = HEI if text.startswith("第") and " " in text[:5] else SONG
    cut = text.find("（") if "（" in text[:4] else -1
    if cut < 0:
        return text_object(ids, text, LEFT, base, size, font)
    first = text_object(ids, text[:cut], LEFT, base, size, HEI)
    return first + text_object(ids, text[cut:], LEFT + width_of(text[:cut], size), base, size, SONG)


def rule(ids: Ids, x: float, y: float, width: float, height: float) -> str:
    """A thin line across or down."""
    path = f"M 0 0 L {width:.4g} {height:.4g}"
    return (
        f'<ofd:PathObject ID="{ids.next()}" Boundary="{x:.4g} {y:.4g} {max(width, 0.25):.4g} {max(height, 0.25):.4g}" '
        f'LineWidth="0.25"><ofd:StrokeColor Value="60 60 60"/><ofd:AbbreviatedData>{path}</ofd:AbbreviatedData></ofd:PathObject>'
    )


def table(ids: Ids, top: float) -> str:
    """The goods, with a head."""
    columns = (0.0, 60.0, 95.0, 120.0, 160.0)
    rows = [("货物或服务", "型号", "数量", "价格（元）"), *ITEMS]
    parts = [rule(ids, LEFT, top + LINE * number, columns[-1], 0) for number in range(len(rows) + 1)]
    parts += [rule(ids, LEFT + x, top, 0, LINE * len(rows)) for x in columns]
    for number, row in enumerate(rows):
        base = top + LINE * number + 5.6
        for x, text in zip(columns, row, strict=False):
            if text:
                parts.append(text_object(ids, text, LEFT + x + 2, base, BODY, SONG if number else HEI))
    return "".join(parts)


def signature_lines(ids: Ids, top: float) -> str:
    """Where the seals go. The bracket is of another font, so each keyword lies in two objects."""
    parts = []
    for x, party, name in ((LEFT, "甲方", BUYER), (LEFT + 85, "乙方", SELLER)):
        parts.append(text_object(ids, party, x, top, BODY, HEI))
        parts.append(text_object(ids, "（盖章）：", x + width_of(party, BODY), top, BODY, SONG))
        parts.append(text_object(ids, name, x, top + 10, BODY, SONG))
        parts.append(text_object(ids, "日期：    年   月   日", x, top + 38, BODY, SONG))
    return "".join(parts)


def page(ids: Ids, number: int) -> str:
    """One page of the order."""
    parts, y = [], 40.0
    if number == 0:
        title = "设备采购订单"
        parts.append(
            text_object(ids, title, (WIDTH - width_of(title, TITLE)) / 2, y, TITLE, HEI)
            + text_object(ids, "编号：YX-2026-0518-07", 140, y + 12, BODY, SONG)
        )
        y += 26
    for text in PAGES[number]:
        if text is None:
            parts.append(table(ids, y - 4))
            y += LINE * (len(ITEMS) + 1) + 6
        else:
            parts.append(line(ids, text, y))
            y += LINE
    if number == len(PAGES) - 1:
        parts.append(signature_lines(ids, y + 16))
    footer = f"第 {number + 1} 页 共 {len(PAGES)} 页"
    parts.append(text_object(ids, footer, (WIDTH - width_of(footer, SMALL)) / 2, 284, SMALL, SONG))
    layer = f'<ofd:Layer ID="{ids.next()}">{"".join(parts)}</ofd:Layer>'
    used = '<ofd:Template TemplateID="10" ZOrder="Background"/>'
    return f"{HEAD}<ofd:Page {SPACE}>{used}<ofd:Content>{layer}</ofd:Content></ofd:Page>"


def template(ids: Ids) -> str:
    """What every page has: a name at its head and two lines."""
    parts = text_object(ids, f"{BUYER} 采购部", LEFT, 18, SMALL, SONG)
    parts += rule(ids, LEFT, 21, WIDTH - 2 * LEFT, 0) + rule(ids, LEFT, 278, WIDTH - 2 * LEFT, 0)
    layer = f'<ofd:Layer ID="{ids.next()}" Type="Background">{parts}</ofd:Layer>'
    return f"{HEAD}<ofd:Page {SPACE}><ofd:Content>{layer}</ofd:Content></ofd:Page>"


def files() -> dict[str, str]:
    """The files of the package."""
    ids = Ids()
    contents = {f"Doc_0/Pages/Page_{number}/Content.xml": page(ids, number) for number in range(len(PAGES))}
    contents["Doc_0/Tpls/Tpl_0/Content.xml"] = template(ids)
    listed = "".join(
        f'<ofd:Page ID="{number + 1}" BaseLoc="Pages/Page_{number}/Content.xml"/>'
        for number in range(len(PAGES))
    )
    document = (
        f"{HEAD}<ofd:Document {SPACE}><ofd:CommonData><ofd:MaxUnitID>{ids.last}</ofd:MaxUnitID><ofd:PageArea>"
        f"<ofd:PhysicalBox>0 0 {WIDTH:g} {HEIGHT:g}</ofd:PhysicalBox></ofd:PageArea><ofd:PublicRes>PublicRes.xml</ofd:PublicRes>"
        '<ofd:TemplatePage ID="10" BaseLoc="Tpls/Tpl_0/Content.xml"/></ofd:CommonData>'
        f"<ofd:Pages>{listed}</ofd:Pages></ofd:Document>"
    )
    fonts = "".join(
        f'<ofd:Font ID="{number}" FontName="{name}" FamilyName="{name}"/>'
        for number, name in ((SONG, "宋体"), (HEI, "黑体"))
    )
    entry = (
        f'{HEAD}<ofd:OFD {SPACE} Version="1.1" DocType="OFD"><ofd:DocBody><ofd:DocInfo>'
        "<ofd:DocID>5f0c6a1e2b7d4c39a8e1d0937b52c4f6</ofd:DocID><ofd:Title>设备采购订单</ofd:Title>"
        "<ofd:CreationDate>2026-05-18</ofd:CreationDate><ofd:Creator>示例办公软件</ofd:Creator></ofd:DocInfo>"
        "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>"
    )
    resources = f'{HEAD}<ofd:Res {SPACE} BaseLoc="Res"><ofd:Fonts>{fonts}</ofd:Fonts></ofd:Res>'
    return {"OFD.xml": entry, "Doc_0/Document.xml": document, "Doc_0/PublicRes.xml": resources, **contents}


def package() -> bytes:
    """The package, the same in every build."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files().items():
            info = zipfile.ZipInfo(name, MADE)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, text.encode("utf-8"))
    return out.getvalue()


def main() -> int:
    """Write the sample."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    target.write_bytes(package())
    sys.stdout.write(f"{target.stat().st_size:>8} {target.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
