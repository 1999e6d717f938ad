"""The verifier as one HTML page that works from disk, without a server; built from the modules in ``web/``."""

from importlib import resources


def offline_page() -> bytes:
    """The page as it is to be served, downloaded, or put into a bundle."""
    return resources.files("evidencelog.web").joinpath("verify.html").read_bytes()
