// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.0;

/// Remembers signed heads of evidence logs. Heads of a log only ever grow; nothing is changed or removed.
/// Writers are set once, when the contract is made: nobody can add himself later.
contract CheckpointAnchor {
    event Anchored(string origin, uint64 size, bytes32 root, address by);

    mapping(address => bool) public writers;
    mapping(bytes32 => uint64) private newest;
    mapping(bytes32 => mapping(uint64 => bytes32)) private roots;

    constructor(address[] memory allowed) {
        for (uint256 i = 0; i < allowed.length; i++) {
            writers[allowed[i]] = true;
        }
    }

    /// Remember a head. Refused for strangers, and for a size that is not above the newest one.
    function anchor(string calldata origin, uint64 size, bytes32 root) external {
        require(writers[msg.sender], "not a writer");
        bytes32 log = keccak256(bytes(origin));
        require(size > newest[log], "size not above the newest");
        newest[log] = size;
        roots[log][size] = root;
        emit Anchored(origin, size, root, msg.sender);
    }

    /// The newest head of a log; size 0 when there is none.
    function latest(string calldata origin) external view returns (uint64 size, bytes32 root) {
        bytes32 log = keccak256(bytes(origin));
        size = newest[log];
        root = roots[log][size];
    }

    /// The root that was anchored for a size; zero when none was.
    function get(string calldata origin, uint64 size) external view returns (bytes32 root) {
        return roots[keccak256(bytes(origin))][size];
    }
}
