"""The files that a campus is made of: their checksum, and copies that an edit of the user's does not change.

Needs    campus, operate.whole.
Gives    checksum_of, with_own_templates, kept_templates.
Used by  operate: prepare, keeper, commission.

The user's files are looked at while a site runs, and the copies are read: a process that is started again goes on with
what runs, templates of the user's own included.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from wattstack.operate.whole import write_whole

if TYPE_CHECKING:
    from wattstack.campus import Campus

TEMPLATES = "templates"  # folder of the copies, in the site's
LIBRARY = "library:"
_EXTENDS = re.compile(rb"(?m)^extends:\s*[\"']?([^\"'#\r\n]+)")
_TEMPLATE = re.compile(rb"\btemplate[\"']?:\s*(?:\"([^\"\r\n]+)\"|'([^'\r\n]+)'|([^\s\"',}#]+))")


def checksum_of(path: Path) -> str:
    """SHA-256 of a campus file, of those it extends and of the templates of the user's own that they name; of one that
    cannot be read, of its name alone."""
    whole, seen, templates = hashlib.sha256(), set(), set()
    while path not in seen:
        seen.add(path)
        text = _read(path)
        whole.update(text)
        names = (b"".join(found).decode(errors="replace") for found in _TEMPLATE.findall(text))
        templates |= {path.parent / name for name in names if not name.startswith(LIBRARY)}
        under = _EXTENDS.search(text)
        if under is None:
            break
        path = path.parent / under[1].decode(errors="replace").strip()
    for template in sorted(templates):
        whole.update(_read(template))
    return whole.hexdigest()


def with_own_templates(campus: Campus, folder: Path) -> Campus:
    """The campus with copies of the user's own templates, laid into the site's folder, in place of their files.

    Args:
        campus: As read; its templates can be read.
        folder: Of the site's data.
    """
    devices = dict(campus.devices)
    for path, device in devices.items():
        if device.template.startswith(LIBRARY):
            continue
        source = (campus.base_dir / device.template).resolve()
        body = source.read_bytes()
        copy = folder / TEMPLATES / _sum(body) / source.name
        copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(copy, body)
        devices[path] = device.model_copy(update={"template": str(copy)})
    made = campus.model_copy(update={"devices": devices})
    made.model_fields_set.add("devices")
    return made


def kept_templates(campus: Campus, folder: Path) -> dict[Path, bytes]:
    """The copies that a prepared campus names, with what stands in them.

    Raises:
        OSError: One is not there, or is not as it was laid there.
    """
    kept = {}
    for device in campus.devices.values():
        if device.template.startswith(LIBRARY):
            continue
        copy = Path(device.template)
        body = copy.read_bytes()
        if copy.parent != folder.resolve() / TEMPLATES / _sum(body):
            raise OSError(f"{copy} is not as it was prepared")
        kept[copy] = body
    return kept


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (OSError, ValueError):  # ValueError: a name with what no name has
        return b""


def _sum(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:16]
