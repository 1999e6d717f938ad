"""What lets a small PDF be judged quickly: the mark of this library known by its letters, a file in memory used again."""

import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any

import pytest
from pdf_writing import plain, written

from gmseal.pdf import SealOrder, SealPlacement, seal_pdf_bytes
from gmseal.pdf.document import Document, document_in_memory
from gmseal.pdf.memory import memory_file
from gmseal.pdf.own_mark import OwnField, OwnMark, own_field, own_mark


@pytest.fixture
def sealed(bench: Any) -> bytes:
    order = SealOrder(signed_at=bench.now, placements=(SealPlacement(0, 100, 150),))
    return seal_pdf_bytes(written(plain(1)), order, bench.signer)


@contextmanager
def opened(data: bytes) -> Iterator[Document]:
    with document_in_memory(data) as document:
        yield document


def place_of(data: bytes, text: bytes) -> tuple[int, int]:
    """The number of the object in which some text stands for the last time."""
    return int(data[: data.rindex(text)].rpartition(b" 0 obj")[0].rpartition(b"\n")[2]), 0


def known(data: bytes, bench: Any) -> tuple[OwnField | None, OwnMark | None]:
    field, form = place_of(data, b"/Subtype/Widget"), place_of(data, b"q /M gs")
    with opened(data) as document:
        return own_field(document, field), own_mark(document, form, bench.signer.seal.picture)


def test_a_mark_is_known_by_its_letters_alone(sealed: bytes, bench: Any) -> None:
    field, mark = known(sealed, bench)
    assert field is not None
    assert mark is not None
    assert field.form == place_of(sealed, b"q /M gs")
    assert (field.box[2] - field.box[0]) == pytest.approx(mark.width)


def test_no_octet_of_picture_and_opacity_may_differ(sealed: bytes, bench: Any) -> None:
    """Every octet near the ends of the two objects, and every 97th between them."""
    for text in (b"/ColorSpace[/Indexed", b"/ColorSpace/DeviceGray"):
        start = sealed.rindex(b" 0 obj", 0, sealed.rindex(text)) + 7
        end = sealed.index(b"endobj", start) + 6
        for at in chain(range(start, start + 150), range(start + 150, end - 30, 97), range(end - 30, end)):
            changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
            if changed[at : at + 1] in b"0123456789" and b"/SMask " in sealed[at - 12 : at]:
                continue
            with opened(sealed) as document:
                document.file.seek(0)
                document.file.write(changed)
                form = place_of(sealed, b"q /M gs")
                assert own_mark(document, form, bench.signer.seal.picture) is None, changed[at - 9 : at + 9]


@pytest.mark.parametrize(
    ("text", "other"),
    [
        (b"/F 132/T(Seal1)", b"/F 134/T(Seal1)"),
        (b"/Subtype/Widget", b"/Subtype/Wodget"),
        (b"/FT/Sig/F", b"/FT/Tx /F"),
        (b"/T(Seal1)", b"/T(Se)l1)"),
    ],
)
def test_a_field_that_differs_is_looked_at_closely(
    sealed: bytes, bench: Any, text: bytes, other: bytes
) -> None:
    assert sealed.count(text) == 1
    with opened(sealed) as document:
        document.file.seek(0)
        document.file.write(sealed.replace(text, other))
        assert own_field(document, place_of(sealed, b"/Subtype/Widget")) is None


# --- files in memory -------------------------------------------------------------------------------


def content(*pieces: tuple[int, bytes]) -> bytes:
    with memory_file(*pieces) as file:
        return os.pread(file.fileno(), 1 << 21, 0)


def test_nothing_of_the_last_document_is_in_the_next() -> None:
    assert content((0, b"secret " * 3000)) == b"secret " * 3000
    assert content((0, b"%PDF"), (9000, b"end")) == b"%PDF" + bytes(8996) + b"end"
    assert content((0, b"")) == b""
    assert content((70_000, b"x")) == bytes(70_000) + b"x"
    assert content((0, b"long " * 300_000)) == b"long " * 300_000


def test_files_that_are_open_at_the_same_time_are_two() -> None:
    with memory_file((0, b"one")) as one, memory_file((0, b"other")) as other:
        assert os.pread(one.fileno(), 9, 0) == b"one"
        assert os.pread(other.fileno(), 9, 0) == b"other"


def test_a_process_never_writes_into_the_file_of_another() -> None:
    """The child of a process that has kept a file must not be handed the same one."""
    content((0, b"kept"))
    forking = multiprocessing.get_context("fork")
    here, there = forking.Pipe()

    def child() -> None:
        with memory_file((0, b"of the child")) as file:
            there.send(os.fstat(file.fileno()).st_ino)
            there.send(os.pread(file.fileno(), 99, 0))

    with memory_file((0, b"of the parent")) as file:
        number = os.fstat(file.fileno()).st_ino
    process = forking.Process(target=child)
    process.start()
    assert here.poll(60)
    inode, seen = here.recv(), here.recv()
    process.join(60)
    assert inode != number
    assert seen == b"of the child"
