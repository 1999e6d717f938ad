"""One entry with all that vouches for it: path, root, who signed, and the same in the twin tree."""

from __future__ import annotations

from sqlalchemy import select

from evidencelog.cosignature import cosigned_at
from evidencelog.errors import EvidenceLogError
from evidencelog.note import NoteSignature, parse_note
from evidencelog.tree import TileProver
from evidencelog.vkey import parse_vkey
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.keys import public_keys
from shuangyin.evidence.models import EvidenceEntry, LogCosignature, LogLeaf
from shuangyin.evidence.paths import Node, Step, steps_of_path
from shuangyin.evidence.queries import cosigned_note, newest_checkpoint
from shuangyin.evidence.schemas import NodeOut, PathOut, SignerOut, StepOut
from shuangyin.evidence.trees import MAIN, TWIN, DatabaseTiles, Tree


def path_of(work: UnitOfWork, entry: EvidenceEntry, tree: Tree) -> PathOut | None:
    """The path of an entry under the newest signed head of a tree; None while no signed head holds it.

    `holds` says whether the stored bytes, the stored hashes and the signed root agree: an altered entry is shown
    as it is, with the root that it leads to.
    """
    index = work.session.scalar(select(LogLeaf.log_index).where(LogLeaf.entry_id == entry.id))
    head = newest_checkpoint(work, tree)
    if index is None or head is None or head.size <= index:
        return None
    algorithm = tree.algorithm
    leaf = algorithm.leaf(entry.body.encode())
    try:
        hashes = TileProver(DatabaseTiles(work, tree), head.size, algorithm).inclusion_proof(index)
    except EvidenceLogError:
        return None  # a tile is missing; the audit names it
    steps = steps_of_path(index, head.size, leaf, hashes, algorithm)
    computed = steps[-1].parent.hash if steps else leaf
    note = cosigned_note(work, head) if tree is MAIN else head.note.encode()
    return PathOut(
        algorithm="sha256" if tree is MAIN else "sm3",
        index=index,
        size=head.size,
        leaf=_node(Node(index, 1, leaf)),
        steps=[_step(step) for step in steps],
        root=head.root,
        holds=computed.hex() == head.root,
        signed_at=head.signed_at,
        checkpoint=note.decode(),
        signers=_signers(work, note, tree, head.size),
    )


def paths_of(work: UnitOfWork, entry: EvidenceEntry) -> tuple[PathOut | None, PathOut | None]:
    """The path in the log, and the one in its twin."""
    return path_of(work, entry, MAIN), path_of(work, entry, TWIN)


def _node(node: Node) -> NodeOut:
    return NodeOut(first=node.first, count=node.count, hash=node.hash.hex())


def _step(step: Step) -> StepOut:
    return StepOut(side=step.side, sibling=_node(step.sibling), parent=_node(step.parent))


def _signers(work: UnitOfWork, note: bytes, tree: Tree, size: int) -> list[SignerOut]:
    keys = [parse_vkey(text) for text in public_keys(work, tree.id)]
    own = {(key.name, key.key_id): key.algorithm for key in keys}
    witnessed = {
        (row.key_name, row.key_id): row.stated_at
        for row in work.session.scalars(select(LogCosignature).where(LogCosignature.size == size))
    }

    def signer(line: NoteSignature) -> SignerOut:
        algorithm = own.get((line.name, line.key_id))
        stated = witnessed.get((line.name, line.key_id.hex()))
        if algorithm is None and stated is None:
            stated = cosigned_at(line) * 1000
        return SignerOut(
            name=line.name,
            key_id=line.key_id.hex(),
            role="log" if algorithm is not None else "witness",
            algorithm=algorithm,
            stated_at=stated,
        )

    return [signer(line) for line in parse_note(note).signatures]
