"""A person who confirms with a passkey: an authenticator's code may be used once, and the next one takes half a minute.

Signs in with password and code as everybody does, then registers a passkey and keeps the codes for tests about codes.
"""

from __future__ import annotations

from typing import Any

from software_passkey import SoftwarePasskey

from shuangyin.demo.person import CSRF_HEADER, Person


class PasskeyPerson(Person):
    """Confirms every act with a passkey in software, over HTTP or (see `Desk.confirm`) in a browser."""

    def first_sign_in(self, one_time: str, password: str) -> None:
        super().first_sign_in(one_time, password)
        asked = {"proof": super().step_up("people.add_passkey", self.id)}
        self.passkey = SoftwarePasskey(origin=str(self._client.base_url).removesuffix("/api/v1/"))
        answer = self.passkey.make(self.post_json("/me/passkeys/options", asked)["options"])
        self.post_json("/me/passkeys", {"name": "手机", "answer": answer})

    def confirmation(self, act: str, subject: str) -> dict[str, str]:
        """Method and answer that confirm one act on one subject."""
        asked = self.post_json("/auth/step-up/passkey-options", {"act": act, "subject": subject})
        return {"method": "passkey", "code": self.passkey.sign(asked["options"])}

    def step_up(self, act: str, subject: str) -> str:
        body: dict[str, Any] = {"act": act, "subject": subject, **self.confirmation(act, subject)}
        return str(self.post_json("/auth/step-up", body)["proof"])

    def kept(self) -> dict[str, Any]:
        """Everything that this person knows and is signed in with, as JSON."""
        return {
            "kind": self.kind,
            "name": self.name,
            "post": self.post,
            "account": self.account,
            "password": self.password,
            "secret": self.secret,
            "id": self.id,
            "last_step": self._last_step,
            "csrf": self._client.headers[CSRF_HEADER],
            "cookies": {cookie.name: cookie.value for cookie in self._client.cookies.jar},
            "passkey": self.passkey.kept(),
        }

    @classmethod
    def again(cls, base_url: str, kept: dict[str, Any]) -> PasskeyPerson:
        """The person who was kept, signed in at a copy of the installation."""
        person = cls(base_url, **{name: kept[name] for name in ("kind", "name", "post", "account")})
        person.password, person.secret, person.id = kept["password"], kept["secret"], kept["id"]
        person._last_step = kept["last_step"]
        person._client.headers[CSRF_HEADER] = kept["csrf"]
        person._client.cookies.update(kept["cookies"])
        person.passkey = SoftwarePasskey.again(kept["passkey"], origin=base_url)
        return person
