"""Prints a digest of what each page of a PDF says and shows: run as a program of its own, because the input may be hostile.

As `first_page_text`: in a process with limits of memory and time the worst a file can do is to end that process. This
file imports nothing of the platform, so that it starts quickly.

The answer is JSON: a list of `[text, picture]` for each page, SM3 of its text without blanks and of its picture at a
small scale. Digests of one run are compared with digests of the same run's kind only: another version of PDFium draws
other pictures.
"""

import hashlib
import json
import resource
import sys

MEMORY_BYTES = 1024 * 1024 * 1024
CPU_SECONDS = 40
SCALE = 0.75
"""54 dots an inch: a changed letter of body text changes the picture."""
MAX_PIXELS = 4_000_000
"""A larger page is drawn smaller."""


def main(path: str, pages: int) -> None:
    """Write the digests of the first `pages` pages to standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    import pypdfium2  # noqa: PLC0415 - after the limits, so that they hold for it too

    document = pypdfium2.PdfDocument(path)
    found = []
    for index in range(min(pages, len(document))):
        page = document[index]
        text = "".join(page.get_textpage().get_text_range().split())
        width, height = page.get_size()
        scale = min(SCALE, (MAX_PIXELS / max(width * height, 1.0)) ** 0.5)
        bitmap = page.render(scale=scale, grayscale=True)
        shown = hashlib.new("sm3", f"{bitmap.width}x{bitmap.height}:".encode())
        shown.update(bytes(bitmap.buffer))
        found.append([hashlib.new("sm3", text.encode("utf-8", "ignore")).hexdigest(), shown.hexdigest()])
        page.close()
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
