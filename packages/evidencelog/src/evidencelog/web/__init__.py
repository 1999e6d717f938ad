"""The verifier as one HTML page that works from disk, without a server; built from the modules in ``web/``."""

import re
from importlib import resources

_POLICY = re.compile(r'Content-Security-Policy" content="([^"]*)"')


def offline_page() -> bytes:
    """The page as it is to be served, downloaded, or put into a bundle."""
    return resources.files("evidencelog.web").joinpath("verify.html").read_bytes()


def offline_policy() -> str:
    """The content security policy that stands in the page, for a server that repeats it as a header."""
    found = _POLICY.search(offline_page().decode())
    return found.group(1) if found else "default-src 'none'"
