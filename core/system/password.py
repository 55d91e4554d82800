"""The password that people of one team share: kept as a hash, compared in constant time."""

import base64
import hashlib
import hmac
import secrets

from core.errors import PasswordError

COST, BLOCK_SIZE, LANES = 2**15, 8, 1  # of scrypt (RFC 7914): 32 MB and some 0.1 s a guess

MOST_COST, MOST_BLOCK_SIZE, MOST_LANES = 2**17, 16, 4  # of a hash, worked out for all

MEMORY = 512 * 2**20

LEAST, MOST = 10, 1_000  # characters of a password


def hash_password(password: str) -> str:
    """What the secrets file holds in the password's place; raises PasswordError for a poor one."""
    if not LEAST <= len(password) <= MOST:
        raise PasswordError(
            f"The password has {len(password):,} characters. Take one of {LEAST} to {MOST:,}, such "
            "as four words that nobody would put side by side."
        )
    salt = secrets.token_bytes(16)
    key = _scrypt(password, salt, COST, BLOCK_SIZE, LANES)
    parts = [COST, BLOCK_SIZE, LANES, *(base64.b64encode(each).decode() for each in (salt, key))]
    return "$".join(["scrypt", *map(str, parts)])


def is_password(password: str, stored: str) -> bool:
    """Whether this is the password of the hash; raises PasswordError if that is no hash of ours."""
    salt, key, numbers = check_hash(stored)
    if len(password) > MOST:
        return False
    try:
        return hmac.compare_digest(_scrypt(password, salt, *numbers), key)
    except UnicodeEncodeError:
        return False


def check_hash(stored: str) -> tuple[bytes, bytes, tuple[int, int, int]]:
    """(salt, key, numbers of scrypt) of a hash of ours; raises PasswordError for any other."""
    try:
        name, *numbers, salt_text, key_text = stored.split("$")
        cost, block_size, lanes = map(int, numbers)
        salt, key = (base64.b64decode(text, validate=True) for text in (salt_text, key_text))
        is_cost = 1 < cost <= MOST_COST and cost & (cost - 1) == 0
        is_bounded = is_cost and 0 < block_size <= MOST_BLOCK_SIZE and 0 < lanes <= MOST_LANES
        if name != "scrypt" or not is_bounded or len(salt) < 8 or len(key) != 32:
            raise ValueError("no hash of ours")
    except ValueError:
        raise PasswordError(
            "secrets.toml, [sunlight]: `password` is not the hash of a password. Make one with "
            "`python -m core password` and put what it prints there."
        ) from None
    return salt, key, (cost, block_size, lanes)


def _scrypt(password: str, salt: bytes, cost: int, block_size: int, lanes: int) -> bytes:
    # Evenly long first: scrypt's HMAC fills up with zeros, and would take `x` and `x\0` for one.
    even = hashlib.sha256(password.encode()).digest()
    return hashlib.scrypt(even, salt=salt, n=cost, r=block_size, p=lanes, maxmem=MEMORY, dklen=32)
