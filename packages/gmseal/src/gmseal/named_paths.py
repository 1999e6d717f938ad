"""What a caller named: a file to read, a place to write to. Each mistake has its own code and says what to do.

The codes of refusals: ``IS_A_FOLDER``, ``NOT_A_FILE``, ``NOT_A_FOLDER``, ``NO_FOLDER``, ``CANNOT_WRITE``.
"""

import errno
from pathlib import Path

from gmseal.errors import NotFound, Refused


def check_file(path: Path, what: str = "file") -> None:
    """That a file is there to be read.

    Raises ``NotFound`` when nothing is, ``Refused`` for a folder (``IS_A_FOLDER``) and for a device, a pipe or a
    socket (``NOT_A_FILE``), whose reading may never end.
    """
    if path.is_file():
        return
    if path.is_dir():
        instead = " Whole folders are for gmseal verify-many and gmseal sign-many." if what == "file" else ""
        raise Refused(
            "IS_A_FOLDER", f"{path} is a folder where a {what} is needed; name one file in it.{instead}"
        )
    if path.exists():
        raise Refused(
            "NOT_A_FILE", f"{path} is no ordinary file; copy what it gives into a file and name that."
        )
    raise NotFound(f"There is no {what} {path}.")


def made_folder(path: Path) -> Path:
    """The folder that results go into, made when it is not there.

    Raises ``Refused``: ``NOT_A_FOLDER``, or ``CANNOT_WRITE`` when the system does not let it be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise Refused(
            "NOT_A_FOLDER", f"{path}, or what it lies in, is a file; name a folder for the results."
        ) from error
    except OSError as error:
        raise not_written(path, error) from error
    return path


def check_folder_of(target: Path) -> None:
    """That the folder is there in which a file is to be written. Raises ``Refused`` (``NO_FOLDER``)."""
    if not target.parent.is_dir():
        raise _no_folder(target)


def not_written(target: Path, error: OSError) -> Refused:
    """What to raise when the system does not let ``target`` be written: ``NO_FOLDER``, or ``CANNOT_WRITE`` and why."""
    if error.errno in {errno.ENOENT, errno.ENOTDIR} and not target.parent.is_dir():
        return _no_folder(target)
    said = error.strerror or str(error)
    return Refused(
        "CANNOT_WRITE",
        f"{target.name} cannot be written: {said}. Look at the rights and the free space of its folder, "
        "or choose another place.",
    )


def _no_folder(target: Path) -> Refused:
    return Refused(
        "NO_FOLDER",
        f"There is no folder {target.parent} for {target.name}; make it first, or choose another place.",
    )
