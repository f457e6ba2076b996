# mypy: ignore-errors
"""Checks roots and proofs of inclusion by pymerkle, and makes its own: reads and prints JSON. Beside pymerkle alone."""

import json
import sys

from pymerkle import InmemoryTree, MerkleProof, verify_inclusion
from pymerkle.proof import InvalidProof


def hashes(proof):
    return [digest.hex() for digest in proof.path]


def main():
    given = json.load(sys.stdin)
    tree = InmemoryTree(algorithm="sha256")
    for entry in given["entries"]:
        tree.append_entry(bytes.fromhex(entry))
    roots = {size: tree.get_root(int(size)).hex() for size in given["roots"]}
    wrong = [f"root of {size}" for size, root in given["roots"].items() if roots[size] != root]
    theirs = []
    for index, size, path in given["inclusion"]:
        own = tree.prove_inclusion(index + 1, size)  # counted from 1
        leaf, *rest = hashes(own)
        theirs.append([index, size, rest])
        made = MerkleProof.deserialize(own.serialize() | {"path": [leaf, *path]})
        try:
            verify_inclusion(bytes.fromhex(leaf), bytes.fromhex(roots[str(size)]), made)
        except InvalidProof as error:
            wrong.append(f"inclusion of {index} in {size}: {error}")
    print(json.dumps({"wrong": wrong, "theirs": theirs, "roots": roots}))


main()
