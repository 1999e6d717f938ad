"""Where a mark of secrecy stands on a page, on pages typeset by a program that knows nothing of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pikepdf
import pylopdf_fonts_zh_cn
import pytest
import typst

from shuangyin.core.free_text import is_bare_level
from shuangyin.documents import first_page_text

FONTS = sorted({font.parent for font in Path(pylopdf_fonts_zh_cn.__file__).parent.rglob("*.[ot]tf")})
BODY = (
    "第一条 双方应当对合作中知悉的商业秘密予以保密，未经对方书面同意，不得向任何第三方披露、复制或者使用，"
    "并应当采取不低于保护自身同类信息的措施加以保护。第二条 本合同自双方盖章之日起生效。"
)
PAGE = "#set page(width: 210mm, height: 297mm, margin: (top: 37mm, left: 28mm, right: 26mm))\n#set text(size: 16pt)\n"


def page(folder: Path, source: str) -> Path:
    path = folder / "page.typ"
    path.write_text(PAGE + source, encoding="utf-8")
    target = folder / "page.pdf"
    typst.compile(path, output=target, font_paths=FONTS, ignore_system_fonts=True)
    return target


def corners(path: Path) -> list[str]:
    command = [sys.executable, "-I", first_page_text.__file__, str(path)]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)  # our own program
    said: list[str] = json.loads(done.stdout)["corners"]
    return said


def marked(path: Path) -> bool:
    return any(is_bare_level(piece) for piece in corners(path))


MARKED = {
    "second line, left": f"000012\\\n机密\\\n特急\n\n#align(center)[= 关于某项工作的请示]\n{BODY}",
    "letters apart": f"秘　密\n\n{BODY}",
    "with its term": f'#text(font: "Noto Sans SC")[机密 5年]\n\n{BODY}',
    "for long": f"绝密 长期\n\n{BODY}",
    "right corner": f"#place(top + right, dy: -15mm)[秘密 三年]\n{BODY}",
    "number and level on one line": f"000012 #h(1fr) 机密\n\n{BODY}",
    "in brackets": f"【秘密】\n\n{BODY}",
    "a field of its own": f"密级：机密\n\n{BODY}",
}
UNMARKED = {
    "running text": BODY,
    "a heading": f"#align(center)[= 商业秘密保护协议]\n{BODY}",
    "a heading in the corner": f"商业秘密\n\n{BODY}",
    "keeping secrets": f"保守秘密\n\n{BODY}",
    "the level in the middle": f"#align(center)[机密]\n{BODY}",
    "further down": f"{BODY}\n\n#v(90mm)\n秘密",
    "the end of a sentence": ("合作双方应当保守对方的" * 3)[:25] + "商业秘密",
    "a department": f"机密室\n\n{BODY}",
}


@pytest.mark.parametrize("source", MARKED.values(), ids=MARKED.keys())
def test_a_level_in_the_corner_is_a_mark(tmp_path: Path, source: str) -> None:
    path = page(tmp_path, source)
    assert marked(path), corners(path)


@pytest.mark.parametrize("source", UNMARKED.values(), ids=UNMARKED.keys())
def test_the_same_words_elsewhere_are_no_mark(tmp_path: Path, source: str) -> None:
    path = page(tmp_path, source)
    assert not marked(path), corners(path)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_turned_page_has_its_corners_where_its_reader_sees_them(tmp_path: Path, degrees: int) -> None:
    upright = page(tmp_path, f"机密\n\n{BODY}")
    turned = tmp_path / "turned.pdf"
    with pikepdf.open(upright) as pdf:
        sheet = pdf.pages[0]
        width, height = (float(side) for side in sheet.mediabox[2:])
        matrix = {
            90: (0, 1, -1, 0, height, 0),
            180: (-1, 0, 0, -1, width, height),
            270: (0, -1, 1, 0, 0, width),
        }
        sheet.contents_add(" ".join(f"{one:g}" for one in matrix[degrees]).encode() + b" cm", prepend=True)
        if degrees != 180:
            sheet.mediabox = pikepdf.Array([0, 0, height, width])
        sheet.Rotate = degrees
        pdf.save(turned)
    assert marked(turned), corners(turned)
