"""An OpenID provider that others wrote, in this process, and how the platform is joined to it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shuangyin.demo.setting import ROLES, USCC

with warnings.catch_warnings():
    # It still imports a module that its library is about to give up.
    warnings.simplefilter("ignore")
    import oidc_provider_mock

SUBJECT = "7781"
"""What the provider calls the employee."""


@contextmanager
def provider() -> Iterator[str]:
    """The provider's address; it knows the employee."""
    account = next(role.account for role in ROLES if role.kind == "employee")
    user = oidc_provider_mock.User(sub=SUBJECT, claims={"preferred_username": account})
    with oidc_provider_mock.run_server_in_thread(user_claims=[user], require_nonce=True) as server:
        yield f"http://localhost:{server.server_port}"


def joined(issuer: str, folder: Path) -> dict[str, object]:
    """One entry of SHUANGYIN_OIDC."""
    folder.mkdir(exist_ok=True)
    secret = folder / "client-secret"
    secret.write_text("a secret")
    return {
        "name": "corp",
        "label_zh": "统一身份认证",
        "label_en": "company sign-in",
        "uscc": USCC,
        "issuer": issuer,
        "client_id": "shuangyin",
        "secret_file": str(secret),
    }
