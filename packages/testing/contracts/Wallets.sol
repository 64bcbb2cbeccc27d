// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// A wallet with one owner (ERC-1271): it approves what the owner's key has signed.
contract OwnedWallet {
    address public owner;

    constructor(address owner_) {
        owner = owner_;
    }

    function setOwner(address owner_) external {
        owner = owner_;
    }

    function isValidSignature(bytes32 digest, bytes memory signature) external view virtual returns (bytes4) {
        require(signature.length == 65, "OwnedWallet: 65 bytes");
        bytes32 r;
        bytes32 s;
        assembly {
            r := mload(add(signature, 32))
            s := mload(add(signature, 64))
        }
        address signer = ecrecover(digest, uint8(signature[64]), r, s);
        return signer != address(0) && signer == owner ? bytes4(0x1626ba7e) : bytes4(0xffffffff);
    }
}

/// A wallet that answers with more than ERC-1271 has room for.
contract SloppyWallet {
    function isValidSignature(bytes32, bytes memory) external pure returns (bytes32) {
        return bytes32(uint256(0x1626ba7e) << 224 | 1);
    }
}

/// A wallet that answers with too little.
contract SilentWallet {
    fallback() external {}
}

/// Deploys wallets to addresses that are known before (ERC-1014).
contract WalletFactory {
    function deploy(address owner, bytes32 salt) external returns (OwnedWallet) {
        return new OwnedWallet{salt: salt}(owner);
    }

    function addressOf(address owner, bytes32 salt) external view returns (address) {
        bytes32 code = keccak256(abi.encodePacked(type(OwnedWallet).creationCode, abi.encode(owner)));
        return address(uint160(uint256(keccak256(abi.encodePacked(bytes1(0xff), address(this), salt, code)))));
    }

    /// Signs a wallet that exists over to a new owner: what some wallets need before they can be asked (ERC-6492, "prepare").
    function handOver(OwnedWallet wallet, address owner) external {
        wallet.setOwner(owner);
    }

    /// The wrapper of ERC-6492, as a wallet's software makes it.
    function wrap(address factory, bytes memory preparation, bytes memory signature) external pure returns (bytes memory) {
        return
            abi.encodePacked(
                abi.encode(factory, preparation, signature),
                hex"6492649264926492649264926492649264926492649264926492649264926492"
            );
    }
}
