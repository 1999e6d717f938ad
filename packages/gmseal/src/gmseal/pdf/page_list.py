"""The pages of an open PDF in their order, each looked up when it is first asked for."""

from collections.abc import Iterator

import pikepdf


class PageList:
    """The pages of a document, counted once.

    A seal is put on few of a hundred pages: an object for each of the others would cost a seventh of the sealing.
    """

    __slots__ = ("_all", "_count", "_listed")

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self._listed = pdf.pages
        self._count = len(self._listed)
        self._all: list[pikepdf.Object] | None = None

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> pikepdf.Object:
        """The page of a number from 0 on; IndexError for one that the document does not have."""
        if not 0 <= number < self._count:
            raise IndexError(number)
        return self._listed[number].obj if self._all is None else self._all[number]

    def __iter__(self) -> Iterator[pikepdf.Object]:
        if self._all is None:
            # By number: an iterator of pikepdf costs three times as much, its end being an exception.
            self._all = [self._listed[number].obj for number in range(self._count)]
        return iter(self._all)
