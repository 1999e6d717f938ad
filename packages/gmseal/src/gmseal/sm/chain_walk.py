"""The walk up a chain of certificates by OpenSSL, as pyOpenSSL makes it, without loading pyOpenSSL.

Importing pyOpenSSL, with the TLS and the X.509 classes behind it, takes a fifth of a second of every command that
judges one file. The calls below are those of its ``X509Store`` and ``X509StoreContext``, on the same library: the
OpenSSL that the ``cryptography`` wheel holds. Its bindings are there for pyOpenSSL and not promised to anybody else;
where one of them is missing, pyOpenSSL itself makes the walk. The tests compare the two.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from math import floor
from typing import Any, Final

_NEEDED: Final = (
    *("d2i_X509_bio", "i2d_X509_bio", "X509_free", "X509_up_ref"),
    *("BIO_new", "BIO_s_mem", "BIO_new_mem_buf", "BIO_free", "BIO_get_mem_data"),
    *("sk_X509_new_null", "sk_X509_push", "sk_X509_free", "sk_X509_num", "sk_X509_value"),
    *("X509_STORE_new", "X509_STORE_free", "X509_STORE_add_cert", "X509_STORE_set1_param"),
    *("X509_VERIFY_PARAM_new", "X509_VERIFY_PARAM_free", "X509_VERIFY_PARAM_set_time"),
    *("X509_STORE_CTX_new", "X509_STORE_CTX_free", "X509_STORE_CTX_init", "X509_STORE_CTX_get1_chain"),
    *("X509_verify_cert", "X509_verify_cert_error_string", "X509_STORE_CTX_get_error"),
    *("X509_STORE_CTX_get_error_depth", "ERR_clear_error"),
)


class Broken(Exception):
    """The walk ends before a trusted root: OpenSSL's number and text, and the certificate, the leaf being 0."""

    def __init__(self, number: int, depth: int, text: str) -> None:
        super().__init__(text)
        self.number, self.depth, self.text = number, depth, text


class Unreadable(Exception):
    """A certificate that OpenSSL cannot load."""


def walk(
    leaf: bytes, intermediates: Sequence[bytes], roots: Sequence[bytes], at: datetime
) -> tuple[bytes, ...]:
    """The chain from ``leaf`` to one of ``roots`` as of ``at``, all in DER. Raises ``Broken``, ``Unreadable``."""
    library = _library()
    if library is None:
        return walk_by_pyopenssl(leaf, intermediates, roots, at)
    return _Walk(*library).run(leaf, intermediates, roots, at)


@cache
def _library() -> tuple[Any, Any] | None:
    """The functions and the memory manager of the bindings; None when they are not what they were."""
    try:
        from cryptography.hazmat.bindings.openssl.binding import Binding  # noqa: PLC0415 - may be gone one day

        binding = Binding()
        lib, ffi = binding.lib, binding.ffi
    except (ImportError, AttributeError):
        return None
    return (lib, ffi) if all(hasattr(lib, name) for name in _NEEDED) else None


class _Walk:
    """One walk; what OpenSSL allocated for it is given back at its end, the newest first."""

    def __init__(self, lib: Any, ffi: Any) -> None:
        self._lib, self._ffi = lib, ffi
        self._kept: list[Any] = []

    def run(
        self, leaf: bytes, intermediates: Sequence[bytes], roots: Sequence[bytes], at: datetime
    ) -> tuple[bytes, ...]:
        try:
            return self._run(leaf, intermediates, roots, at)
        finally:
            for each in reversed(self._kept):
                self._ffi.release(each)
            # A bad signature leaves entries in OpenSSL's error queue of this thread. There the next
            # failed decryption of `cryptography` would find them and raise another exception than its own.
            self._lib.ERR_clear_error()

    def _run(
        self, leaf: bytes, intermediates: Sequence[bytes], roots: Sequence[bytes], at: datetime
    ) -> tuple[bytes, ...]:
        lib, ffi = self._lib, self._ffi
        certificate, *helpers = (self._loaded(der) for der in (leaf, *intermediates))
        # A store remembers the first check time it is given for ever, so each walk has its own.
        store = self._owned(lib.X509_STORE_new(), lib.X509_STORE_free)
        for root in roots:
            self._expect(lib.X509_STORE_add_cert(store, self._loaded(root)) == 1)
        parameters = self._owned(lib.X509_VERIFY_PARAM_new(), lib.X509_VERIFY_PARAM_free)
        lib.X509_VERIFY_PARAM_set_time(parameters, floor(at.timestamp()))
        self._expect(lib.X509_STORE_set1_param(store, parameters) != 0)
        untrusted = self._owned(lib.sk_X509_new_null(), lib.sk_X509_free)
        for helper in helpers:
            # The stack is given back without its members, which have owners of their own.
            self._expect(lib.sk_X509_push(untrusted, helper) > 0)
        context = self._owned(lib.X509_STORE_CTX_new(), lib.X509_STORE_CTX_free)
        self._expect(lib.X509_STORE_CTX_init(context, store, certificate, untrusted) == 1)
        if lib.X509_verify_cert(context) <= 0:
            number = lib.X509_STORE_CTX_get_error(context)
            text = ffi.string(lib.X509_verify_cert_error_string(number)).decode("utf-8")
            raise Broken(number, lib.X509_STORE_CTX_get_error_depth(context), text)
        chain = self._owned(lib.X509_STORE_CTX_get1_chain(context), lib.sk_X509_free)
        members = [
            self._owned(lib.sk_X509_value(chain, index), lib.X509_free)
            for index in range(lib.sk_X509_num(chain))
        ]
        return tuple(self._written(member) for member in members)

    def _loaded(self, der: bytes) -> Any:
        lib, ffi = self._lib, self._ffi
        source = self._owned(lib.BIO_new_mem_buf(ffi.from_buffer(der), len(der)), lib.BIO_free)
        found = lib.d2i_X509_bio(source, ffi.NULL)
        if found == ffi.NULL:
            raise Unreadable("OpenSSL cannot read it")
        return self._owned(found, lib.X509_free)

    def _written(self, certificate: Any) -> bytes:
        lib, ffi = self._lib, self._ffi
        target = self._owned(lib.BIO_new(lib.BIO_s_mem()), lib.BIO_free)
        self._expect(lib.i2d_X509_bio(target, certificate) == 1)
        place = ffi.new("char**")
        length = lib.BIO_get_mem_data(target, place)
        return bytes(ffi.buffer(place[0], length)[:])

    def _owned(self, made: Any, free: Any) -> Any:
        self._expect(made != self._ffi.NULL)
        owned = self._ffi.gc(made, free)
        self._kept.append(owned)
        return owned

    @staticmethod
    def _expect(good: bool) -> None:  # noqa: FBT001 - the condition is the point of the call
        if not good:
            raise Unreadable("OpenSSL refuses it")


def walk_by_pyopenssl(
    leaf: bytes, intermediates: Sequence[bytes], roots: Sequence[bytes], at: datetime
) -> tuple[bytes, ...]:
    """The same through pyOpenSSL: slower to load, and promised to stay."""
    from OpenSSL import crypto  # noqa: PLC0415 - a fifth of a second
    from OpenSSL._util import lib  # noqa: PLC0415 - there is no public way to empty the queue below

    try:
        load = [crypto.load_certificate(crypto.FILETYPE_ASN1, der) for der in (leaf, *intermediates)]
        store = crypto.X509Store()
        for root in roots:
            store.add_cert(crypto.load_certificate(crypto.FILETYPE_ASN1, root))
        store.set_time(at.astimezone(UTC))
        found = crypto.X509StoreContext(store, load[0], chain=load[1:]).get_verified_chain()
    except crypto.X509StoreContextError as error:
        number, depth, text = error.errors
        raise Broken(number, depth, text) from error
    except (crypto.Error, ValueError) as error:
        raise Unreadable(str(error)) from error
    finally:
        lib.ERR_clear_error()
    return tuple(crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate) for certificate in found)
