"""Who vouches for a certificate: Ed25519 signatures (RFC 8032) over its digest.

A hash shows that a certificate was changed; only a signature shows who made it. Experts sign with a private key that
stays at central; gates hold the public keys they trust, one PEM file each, and apply nothing that none of them signed.
"""

import base64
import hashlib
from collections.abc import Iterable
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from contract.calibration import Certificate

KEY_MODE = 0o600


class KeyRefused(Exception):
    """A key file cannot be used; the text says what to do."""


def key_id(public: Ed25519PublicKey) -> str:
    """Return the name of a key: 16 hex digits of the SHA-256 of its raw bytes."""
    return hashlib.sha256(public.public_bytes_raw()).hexdigest()[:16]


def new_key(path: Path) -> Ed25519PrivateKey:
    """Make a private key in `path` (mode 0600) and its public half beside it (`.pub`); never overwrites.

    Raises KeyRefused if the file is there already.
    """
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        path.touch(KEY_MODE, exist_ok=False)
    except FileExistsError as error:
        raise KeyRefused(f"{path} is there already: a signing key is never overwritten") from error
    path.write_bytes(pem)
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    path.with_suffix(".pub").write_bytes(public)
    return private


def load_key(path: Path) -> Ed25519PrivateKey:
    """Return the private key in `path`; raises KeyRefused."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise KeyRefused(f"cannot read the signing key {path}: {error.strerror}") from error
    except (ValueError, TypeError) as error:
        raise KeyRefused(f"{path} is no unencrypted PEM key") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyRefused(f"{path} is no Ed25519 key")
    return key


class Trust:
    """The public keys that a gate or central believes."""

    def __init__(self, keys: Iterable[Ed25519PublicKey]) -> None:
        self._keys = {key_id(key): key for key in keys}

    @classmethod
    def load(cls, paths: Iterable[Path]) -> "Trust":
        """Return the trust in the PEM files at `paths`; raises KeyRefused."""
        keys = []
        for path in paths:
            try:
                key = serialization.load_pem_public_key(path.read_bytes())
            except OSError as error:
                raise KeyRefused(f"cannot read the public key {path}: {error.strerror}") from error
            except ValueError as error:
                raise KeyRefused(f"{path} is no PEM public key") from error
            if not isinstance(key, Ed25519PublicKey):
                raise KeyRefused(f"{path} is no Ed25519 key")
            keys.append(key)
        return cls(keys)

    def __len__(self) -> int:
        return len(self._keys)

    def vouches_for(self, certificate: Certificate) -> bool:
        """Say whether a trusted key signed exactly this content."""
        key = self._keys.get(certificate.signer)
        if key is None or certificate.sha256 != certificate.digest():
            return False
        try:
            key.verify(base64.b64decode(certificate.signature, validate=True), bytes.fromhex(certificate.sha256))
        except (InvalidSignature, ValueError):
            return False
        return True


def sign(certificate: Certificate, private: Ed25519PrivateKey) -> Certificate:
    """Return the certificate sealed and signed; any earlier signature is replaced."""
    sealed = certificate.model_copy(update={"signer": key_id(private.public_key())}).sealed()
    signature = private.sign(bytes.fromhex(sealed.sha256))
    return sealed.model_copy(update={"signature": base64.b64encode(signature).decode()})
