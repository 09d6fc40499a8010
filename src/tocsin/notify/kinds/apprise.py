"""Services we have no sender for, by Apprise: the one module that knows the library.

Apprise makes its requests itself. So it follows no redirects here, keeps nothing on disk, loads no plugins
from folders, sends no attachments, and the host of an address that names one is judged before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import apprise
import msgspec

from tocsin.notify.errors import DeliveryError
from tocsin.notify.kinds.base import Kind, Means
from tocsin.notify.model import Message
from tocsin.notify.text import one_line

_FORMS = {
    "text": apprise.NotifyFormat.TEXT,
    "html": apprise.NotifyFormat.HTML,
    "markdown": apprise.NotifyFormat.MARKDOWN,
}
_TYPES = {
    1: apprise.NotifyType.INFO,
    2: apprise.NotifyType.WARNING,
    3: apprise.NotifyType.FAILURE,
    4: apprise.NotifyType.FAILURE,
}
_LOCAL = frozenset({"dbus", "qt", "glib", "kde", "gnome", "macosx", "windows", "syslog", "file", "exec"})
"""They would do something on this machine."""
_LOCAL_FILES = ("pgpkey", "pem", "cert", "certificate", "keyfile", "template")
"""Parameters that make some services read a file of this machine."""
_TIMEOUT_S = 30.0


class AppriseURL(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An address in Apprise's form, such as `matrix://user:password@host/#room`."""

    url: Annotated[
        str, msgspec.Meta(min_length=4, max_length=4_000, description="Address in Apprise's form.")
    ]

    def __post_init__(self) -> None:
        """Refuse what Apprise cannot read, and what would act on this machine."""
        _service(self.url)


def _asset() -> apprise.AppriseAsset:
    return apprise.AppriseAsset(
        app_id="Tocsin",
        app_desc="Tocsin",
        app_url="",
        image_path_mask="",
        image_url_mask="",
        image_url_logo="",
        http_redirects=False,
        async_mode=False,
        pgp_autogen=False,
        pem_autogen=False,
        storage_mode="memory",
        service_timeout=_TIMEOUT_S,
        allow_templates=False,
    )


def _service(url: str) -> Any:
    """Return the service of an address; raises ValueError."""
    schema = url.partition("://")[0].strip().lower()
    if schema in _LOCAL:
        raise ValueError(f"{schema}:// would act on this machine")
    parts = apprise.Apprise.instantiate(url, asset=_asset())
    if parts is None:
        raise ValueError(f"Apprise cannot read this address of {schema or 'no service'}")
    given = getattr(parts, "qsd", None) or {}
    query = url.partition("?")[2].lower()
    if any(f"{name}=" in f"&{query}" for name in _LOCAL_FILES) or "+pgpkey" in given:
        raise ValueError("a parameter names a file of this machine")
    parts.redirects = False
    return parts


def _hosts(options: AppriseURL) -> tuple[str, ...]:
    """Return the host an address names, or the service for one that stands at its maker's."""
    service = _service(options.url)
    if _names_host(service):
        return (str(service.host),)
    return (f"{options.url.partition('://')[0].lower()}://",)


def _names_host(service: Any) -> bool:
    return bool(service.host) and any("{host}" in str(each) for each in service.templates)


def _send(options: AppriseURL, message: Message, means: Means) -> None:
    try:
        service = _service(options.url)
    except ValueError as error:
        raise DeliveryError(str(error), permanent=True) from error
    if _names_host(service):
        port = service.port or (443 if service.secure else 80)
        means.guard.address_of(str(service.host), port, trusted=means.http.trusted)
    sender = apprise.Apprise(asset=_asset())
    sender.add(service)
    with sender.notify(
        body=message.body or message.title,
        title=message.title,
        notify_type=_TYPES.get(message.severity, apprise.NotifyType.WARNING),
        body_format=_FORMS[message.form],
    ) as result:
        if not result:
            raise DeliveryError(f"Apprise could not deliver it: {_reason(result)}")


def _reason(result: Any) -> str:
    """Return the last thing the service said of its failure."""
    said = [one_line(str(entry.message)) for entry in result.logs()]
    return said[-1][:300] if said else "it gives no reason"


APPRISE: Sequence[Kind] = (Kind("apprise", "Apprise", AppriseURL, frozenset({"url"}), _send, _hosts),)
