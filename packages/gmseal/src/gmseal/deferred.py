"""Values of an object that are made when they are first asked for, such as a report's digests and sentences.

Who wants a verdict does not pay for what he never reads. The class declares its attributes as usual (a frozen
dataclass with slots); those that were deferred are simply not there yet, and the first access, comparison, printing
or pickling makes them. What they are made from must not change in the meantime: octets, frozen values.
"""

from collections.abc import Callable, Mapping
from typing import Any, Self


class Deferred:
    """A base for frozen dataclasses with slots; see ``deferring``."""

    __slots__ = ("_makers",)

    @classmethod
    def deferring(cls, makers: Mapping[str, Callable[[], object]], **known: object) -> Self:
        """An instance with the attributes ``known``; each of ``makers`` is called at most a few times, then never.

        Every attribute must be in one of the two: defaults of the class are not applied.
        """
        made = object.__new__(cls)
        for name, value in known.items():
            object.__setattr__(made, name, value)
        object.__setattr__(made, "_makers", dict(makers))
        return made

    def __getattr__(self, name: str) -> Any:
        """Only called for an attribute that is not there (yet)."""
        # Read past __getattr__, so that an instance without makers does not ask itself for ever.
        try:
            makers = object.__getattribute__(self, "_makers")
        except AttributeError:
            makers = {}
        maker = makers.get(name)
        if maker is None:
            # Another thread may have made it since it was found missing.
            return object.__getattribute__(self, name)
        value = maker()
        object.__setattr__(self, name, value)
        makers.pop(name, None)
        return value

    def settled(self) -> Self:
        """The same instance with everything made, so that it keeps nothing alive but itself."""
        for name in (*self.__dataclass_fields__,):
            getattr(self, name)
        return self
