"""What malformed structures provoke, as the library's own error, and the sentences for damage."""

from types import TracebackType

import pikepdf

from gmseal.errors import Refused

# What pikepdf raises for malformed structures, depending on how they are malformed.
READ_ERRORS = (
    pikepdf.PdfError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    NotImplementedError,
    RuntimeError,
    MemoryError,
)

DAMAGE = {
    "BROKEN_XREF": "The cross-reference data of this PDF is damaged; repair the file first.",
    "BROKEN_STRUCTURE": "The page tree of this PDF is damaged; repair the file first.",
    "BROKEN_STREAMS": "A stream of this PDF does not end where its length says; repair the file first.",
    "LEADING_BYTES": "There are bytes before the PDF header, so offsets are ambiguous; repair the file first.",
}


class reading:  # noqa: N801 - reads as the function that it stands for
    """Turns whatever malformed structures provoke into the library's own error.

    Not a generator's context, which costs more than most of what is done inside of it.
    """

    __slots__ = ()

    def __enter__(self) -> None:
        """Nothing needs to be done before."""

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and isinstance(error, READ_ERRORS):
            raise Refused("BROKEN_STRUCTURE", "The structure of this PDF is damaged.") from error
