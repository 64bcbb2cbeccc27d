// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// Asks a chain whether a signature speaks for an account (ERC-6492 over ERC-1271 over secp256k1). It is never deployed: a client runs it
/// as the creation code of an `eth_call`, all effects of which are forgotten, and the one byte that comes back is the answer: 1 or 0. Only
/// a chain that cannot be asked makes the call fail.
///
/// The ERC-6492 wrapper is taken apart by the caller. `factory` is zero for a signature without one.
contract SignatureValidator {
    /// `isValidSignature(bytes32,bytes)`, selector and answer (ERC-1271).
    bytes4 private constant MAGIC = 0x1626ba7e;

    constructor(
        address account,
        bytes32 digest,
        bytes memory signature,
        bool isWrapped,
        address factory,
        bytes memory preparation
    ) {
        bool valid = isWrapped
            ? speaksOncePrepared(account, digest, signature, factory, preparation)
            : account.code.length > 0
                ? speaks(account, digest, signature)
                : recovers(account, digest, signature);
        assembly {
            mstore8(0, valid)
            return(0, 1)
        }
    }

    /// ERC-6492: an account without code is deployed first. One with code is asked as it is, so that a change of its owner counts, and
    /// once more after the preparation when it refuses.
    function speaksOncePrepared(
        address account,
        bytes32 digest,
        bytes memory signature,
        address factory,
        bytes memory preparation
    ) private returns (bool) {
        if (account.code.length > 0 && speaks(account, digest, signature)) return true;
        (bool prepared, ) = factory.call(preparation);
        return prepared && speaks(account, digest, signature);
    }

    /// ERC-1271. A refusal by revert, or an answer that is not exactly the magic value, is a no.
    function speaks(address account, bytes32 digest, bytes memory signature) private view returns (bool) {
        if (account.code.length == 0) return false;
        (bool answered, bytes memory answer) = account.staticcall(abi.encodeWithSelector(MAGIC, digest, signature));
        return answered && answer.length >= 32 && bytes32(answer) == bytes32(MAGIC);
    }

    /// An account without code and without a wrapper signs with its key: R, S and V (27 or 28).
    function recovers(address account, bytes32 digest, bytes memory signature) private pure returns (bool) {
        if (signature.length != 65) return false;
        bytes32 r;
        bytes32 s;
        uint8 v;
        assembly {
            r := mload(add(signature, 32))
            s := mload(add(signature, 64))
            v := byte(0, mload(add(signature, 96)))
        }
        return (v == 27 || v == 28) && ecrecover(digest, v, r, s) == account;
    }
}
