"""Prints the text of a PDF's first pages: run as a program of its own, because the input may be hostile.

PDFium is fast but written in C++, is not safe for threads, and unpacks whatever a page asks it to. In a process
with limits of memory and time, the worst a file can do is to end that process; the platform then refuses the file.
This file imports nothing of the platform, so that it starts quickly.
"""

import resource
import sys

MEMORY_BYTES = 1024 * 1024 * 1024
CPU_SECONDS = 10
MAX_CHARACTERS = 20_000
PAGES = 2
"""A mark of secrecy stands on the cover or on the first page of the text."""


def main(path: str) -> None:
    """Write the text of the first pages of the file to standard output, in UTF-8."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    import pypdfium2  # noqa: PLC0415 - after the limits, so that they hold for it too

    document = pypdfium2.PdfDocument(path)
    for index in range(min(PAGES, len(document))):
        text = document[index].get_textpage().get_text_range()
        sys.stdout.buffer.write(text[:MAX_CHARACTERS].encode("utf-8", "ignore") + b"\n")


if __name__ == "__main__":
    main(sys.argv[1])
