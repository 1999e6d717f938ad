"""Decisions about documents on plain values: the names they are taken and sealed under."""

from __future__ import annotations

MAX_TITLE = 200
MAX_FILE_NAME = 200


def base_name(file_name: str) -> str:
    """The last part of a file name as some browsers send it, without folders."""
    return file_name.replace("\\", "/").rsplit("/", 1)[-1].strip()


def sealed_name(file_name: str) -> str:
    """The file name of a sealed version: 合同.pdf becomes 合同(已盖章).pdf."""
    stem = file_name[:-4] if file_name.lower().endswith(".pdf") else file_name
    stem = stem.removesuffix("（已盖章）")
    return f"{stem[: MAX_FILE_NAME - 10]}（已盖章）.pdf"
