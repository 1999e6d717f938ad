// Inclusion in a Merkle tree (RFC 6962 section 2.1, RFC 9162 section 2.1.3.2), with SHA-256 or SM3.
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
