"""Riding seams: which page shows which part of the seal, whatever the number of pages and the way they are divided."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmseal.errors import Refused
from gmseal.placement import Edge, SeamPages, SeamPlacement, Slice, seam_slices

EDGES = st.sampled_from(list(Edge))


def covered(slices: tuple[Slice, ...]) -> list[list[Slice]]:
    """The slices in the order of the pages, cut where a whole seal is complete."""
    seals: list[list[Slice]] = [[]]
    for piece in slices:
        if seals[-1] and sum(one.end - one.start for one in seals[-1]) > 1 - 1e-9:
            seals.append([])
        seals[-1].append(piece)
    return seals


def assert_whole(seal: list[Slice]) -> None:
    """The slices of one seal show all of it, and nothing of it twice."""
    parts = sorted((piece.start, piece.end) for piece in seal)
    assert parts[0][0] == pytest.approx(0)
    assert parts[-1][1] == pytest.approx(1)
    for (_, end), (start, _) in itertools.pairwise(parts):
        assert end == pytest.approx(start)


@given(count=st.integers(2, 400), edge=EDGES, along=st.sampled_from([38.0, 40.0, 42.0, 58.0]))
def test_every_seal_of_a_seam_is_whole(count: int, edge: Edge, along: float) -> None:
    slices = seam_slices(SeamPlacement(None, edge), count, along)
    assert [piece.page for piece in slices] == list(range(count))
    for seal in covered(slices):
        assert_whole(seal)
        assert len(seal) >= 2, "no page stands alone"
        assert all((piece.end - piece.start) * along >= 4 - 1e-9 for piece in seal)


@given(count=st.integers(2, 100), size=st.integers(2, 20), edge=EDGES)
def test_groups_of_a_given_size_and_what_is_left_over(count: int, size: int, edge: Edge) -> None:
    seals = covered(seam_slices(SeamPlacement(50, edge, pages_per_seal=size), count, 40.0))
    for seal in seals:
        assert_whole(seal)
    sizes = [len(seal) for seal in seals]
    assert all(one == size for one in sizes[:-1])
    assert 2 <= sizes[-1] <= size + 1, "a single page left over joins the last group"
    assert sum(sizes) == count


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        (SeamPages.ALL, [0, 1, 2, 3, 4, 5, 6]),
        (SeamPages.ODD, [0, 2, 4, 6]),
        (SeamPages.EVEN, [1, 3, 5]),
        ((4, 1, 6), [4, 1, 6]),
    ],
)
def test_odd_even_and_listed_pages(pages: SeamPages | tuple[int, ...], expected: list[int]) -> None:
    slices = seam_slices(SeamPlacement(50, pages=pages), 7, 40.0)
    assert [piece.page for piece in slices] == expected
    assert_whole(list(slices))


def test_groups_as_listed() -> None:
    slices = seam_slices(SeamPlacement(50, groups=((0, 1, 2), (5, 6))), 7, 40.0)
    assert [(piece.page, round(piece.start, 3)) for piece in slices] == [
        *((0, 0.0), (1, 0.333), (2, 0.667)),
        *((5, 0.0), (6, 0.5)),
    ]


@pytest.mark.parametrize(
    ("edge", "first", "second"),
    [
        (Edge.RIGHT, (0, 0.0, 0.3, Edge.RIGHT), (1, 0.3, 1.0, Edge.LEFT)),
        (Edge.BOTTOM, (0, 0.0, 0.3, Edge.BOTTOM), (1, 0.3, 1.0, Edge.TOP)),
        (Edge.LEFT, (0, 0.7, 1.0, Edge.LEFT), (1, 0.0, 0.7, Edge.RIGHT)),
        (Edge.TOP, (0, 0.7, 1.0, Edge.TOP), (1, 0.0, 0.7, Edge.BOTTOM)),
    ],
)
def test_facing_pages_share_a_seal(
    edge: Edge, first: tuple[int, float, float, Edge], second: tuple[int, float, float, Edge]
) -> None:
    slices = seam_slices(SeamPlacement(50, edge, facing=0.3), 2, 40.0)
    assert slices == (Slice(*first), Slice(*second))


def test_every_two_neighbours_of_a_book_share_a_seal() -> None:
    slices = seam_slices(SeamPlacement(50, facing=0.5), 4, 40.0)
    assert [piece.page for piece in slices] == [0, 1, 1, 2, 2, 3]
    for seal in covered(slices):
        assert_whole(seal)
    pairs = seam_slices(SeamPlacement(50, facing=0.5, groups=((1, 2), (3, 4))), 6, 40.0)
    assert [piece.page for piece in pairs] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("seam", "count", "reason"),
    [
        (SeamPlacement(50), 1, "SEAM_PAGES"),
        (SeamPlacement(50, pages=()), 5, "SEAM_PAGES"),
        (SeamPlacement(50, pages=SeamPages.EVEN), 3, "SEAM_PAGES"),
        (SeamPlacement(50, pages=(0, 0)), 3, "SEAM_PAGES"),
        (SeamPlacement(50, pages=(0, 3)), 3, "PAGE_MISSING"),
        (SeamPlacement(50, groups=((0, 1), (1, 2))), 3, "SEAM_PAGES"),
        (SeamPlacement(50, groups=((0, 1), (2,))), 3, "SEAM_PAGES"),
        (SeamPlacement(50, pages_per_seal=1), 3, "SEAM_PAGES"),
        (SeamPlacement(50, pages_per_seal=60), 60, "SEAM_PAGES"),
        (SeamPlacement(50, min_slice_mm=0.2), 3, "SEAM_PAGES"),
        (SeamPlacement(50, min_slice_mm=float("nan")), 3, "SEAM_PAGES"),
        (SeamPlacement(50, facing=1.0), 3, "SEAM_PAGES"),
        (SeamPlacement(50, facing=0.01), 3, "SEAM_PAGES"),
        (SeamPlacement(50, facing=float("nan")), 3, "SEAM_PAGES"),
    ],
)
def test_seams_that_cannot_be(seam: SeamPlacement, count: int, reason: str) -> None:
    with pytest.raises(Refused) as caught:
        seam_slices(seam, count, 40.0)
    assert caught.value.reason == reason


def test_a_seam_without_a_place_is_centred() -> None:
    assert SeamPlacement(None).offset_on(297.0, 40.0) == 128.5
    assert SeamPlacement(20.5).offset_on(297.0, 40.0) == 20.5
