// Inclusion in a Merkle tree (RFC 9162 section 2.1.3.2) and consistency of two (section 2.1.4.2), with SHA-256 or SM3.
import { sameBytes } from "./bytes.js";
import { sha256, sm3 } from "./hashes.js";

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export function isIncluded(hashName, entry, index, size, path, root) {
  const hash = hashName === "sm3" ? sm3 : sha256;
  if (index >= size) return false;
  let position = index;
  let last = size - 1n;
  let result = hash(LEAF, entry);
  for (const sibling of path) {
    if (last === 0n) return false;
    if (position & 1n || position === last) {
      result = hash(NODE, sibling, result);
      while (!(position & 1n) && position !== 0n) {
        position >>= 1n;
        last >>= 1n;
      }
    } else {
      result = hash(NODE, result, sibling);
    }
    position >>= 1n;
    last >>= 1n;
  }
  return last === 0n && sameBytes(result, root);
}

/** Whether the tree of `oldSize` leaves is the beginning of that of `newSize`. */
export function isConsistent(hashName, oldSize, newSize, oldRoot, newRoot, path) {
  const hash = hashName === "sm3" ? sm3 : sha256;
  if (oldSize === 0n || oldSize === newSize) {
    if (oldSize === newSize) return path.length === 0 && sameBytes(oldRoot, newRoot);
    return path.length === 0 && sameBytes(oldRoot, hash(new Uint8Array()));
  }
  if (path.length === 0 || oldSize > newSize) return false;
  const steps = oldSize & (oldSize - 1n) ? path : [oldRoot, ...path];
  let position = oldSize - 1n;
  let last = newSize - 1n;
  while (position & 1n) {
    position >>= 1n;
    last >>= 1n;
  }
  let [before, after] = [steps[0], steps[0]];
  for (const step of steps.slice(1)) {
    if (last === 0n) return false;
    if (position & 1n || position === last) {
      [before, after] = [hash(NODE, step, before), hash(NODE, step, after)];
      while (!(position & 1n) && position !== 0n) {
        position >>= 1n;
        last >>= 1n;
      }
    } else {
      after = hash(NODE, after, step);
    }
    position >>= 1n;
    last >>= 1n;
  }
  return last === 0n && sameBytes(before, oldRoot) && sameBytes(after, newRoot);
}
