"""A table as a file that says nothing without its key: encrypted Parquet (AES-GCM, 256 bits).

Apache Parquet, Modular Encryption: footer, schema, statistics and pages are encrypted, and what was
changed does not open. The rows lie in it as one column of bytes, because the encryption names
columns by texts in which some signs have a meaning, and a person's columns may hold any.
"""

from __future__ import annotations

import hmac
import io
import secrets
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.parquet import encryption

PIECE = 1 << 20  # bytes of the table in one cell
NONCE = 16  # bytes


class _Keeper(encryption.KmsClient):
    """Hides the file's own random key: what Parquet asks of a key server, with one key and no net.

    It lies in the file under a pad, HMAC-SHA256 of a random nonce. With another key another pad
    comes out, and the footer, which is authenticated, does not open.
    """

    def __init__(self, secret: bytes) -> None:
        super().__init__()
        self.secret = secret

    def _pad(self, nonce: bytes) -> bytes:
        return hmac.digest(self.secret, nonce, "sha256")

    def wrap_key(self, key_bytes: bytes, _master_key: str) -> str:
        """Return the file's key, hidden, as text that goes into the file."""
        nonce = secrets.token_bytes(NONCE)
        return (nonce + _xor(key_bytes, self._pad(nonce))).hex()

    def unwrap_key(self, wrapped_key: str | bytes, _master_key: str) -> bytes:
        """Return the file's key."""
        text = wrapped_key.decode() if isinstance(wrapped_key, bytes) else wrapped_key
        whole = bytes.fromhex(text)
        return _xor(whole[NONCE:], self._pad(whole[:NONCE]))


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=False))


def write_encrypted(path: Path, frame: pd.DataFrame, secret: bytes) -> None:
    """Write a table, without its index, so that only `secret` (32 bytes) opens it."""
    whole = io.BytesIO()
    frame.to_parquet(whole, index=False)
    data = whole.getbuffer()
    pieces = [bytes(data[at : at + PIECE]) for at in range(0, len(data), PIECE)]
    table = pa.table({"rows": pa.array(pieces, pa.binary())})
    factory = encryption.CryptoFactory(lambda _: _Keeper(secret))
    how = encryption.EncryptionConfiguration(
        footer_key="seal",
        column_keys={"seal": ["rows"]},
        plaintext_footer=False,
        double_wrapping=False,
        data_key_length_bits=256,
    )
    options = factory.file_encryption_properties(encryption.KmsConnectionConfig(), how)
    pq.write_table(
        table, path, encryption_properties=options, compression="none", use_dictionary=False
    )


class Encrypted:
    """An encrypted table, of which so far only the footer was read.

    Parameters
    ----------
    path : path
    secret : bytes

    Raises
    ------
    ValueError, OSError
        If the key is another one, or the file is none of these.
    """

    def __init__(self, path: Path, secret: bytes) -> None:
        factory = encryption.CryptoFactory(lambda _: _Keeper(secret))
        found = factory.file_decryption_properties(
            encryption.KmsConnectionConfig(), encryption.DecryptionConfiguration()
        )
        self._factory, self._file = factory, pq.ParquetFile(path, decryption_properties=found)

    def rows(self) -> pd.DataFrame:
        """Return the table."""
        with self._file as file:
            pieces = file.read().column("rows").to_pylist()
        return pd.read_parquet(io.BytesIO(b"".join(pieces)))
