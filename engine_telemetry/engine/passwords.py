"""Makes and checks the hashes of passwords: argon2id (RFC 9106). The only place that knows the library for it."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # about 30 ms and 19 MiB for each
# Nobody knows the password of this hash. It is checked where there is none, so that an answer takes the same time.
NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$1ezPYCqYoaXQHr/ec0EovA$RLdikraAT9fE6IQ1Cn6hoF1ZjObUaa+HwrvYaIJvdag"


def hash_of(password: str) -> str:
    """The hash, with its own salt and parameters."""
    return _HASHER.hash(password)


def fits(password: str, stored: str | None) -> bool:
    """Whether this is the password that was hashed; without a hash it is not, and takes as long to say so."""
    try:
        _HASHER.verify(stored or NOBODYS, password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None
