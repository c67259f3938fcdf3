"""Exports of the log that an outsider can verify: every leaf, or the hash of those not shown."""

from __future__ import annotations

import zipfile
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import BinaryIO

from governance.audit.checkpoint import Verifier
from governance.audit.leaf import JsonValue
from governance.audit.log import AuditLog
from governance.audit.reading import AuditFilter
from governance.audit.verify import CHECKPOINT, KEY, LEAVES, README, hash_line
from governance.clock import iso

_README = """\
Sobria – export du journal d'audit / audit log export
Journal / log : {origin}
Enregistrements / records : {size}, dont lisibles / of which readable: {shown}

FRANÇAIS
--------
{leaves} : un enregistrement par ligne, dans l'ordre, en JSON canonique (RFC 8785). Une ligne
{{"hash":"…"}} est un enregistrement que le filtre de l'export n'a pas retenu : seule son empreinte
est donnée, pour que l'arbre se recalcule.
{checkpoint} : la tête signée de l'arbre (C2SP tlog-checkpoint, signature Ed25519).
{key} : la clé publique du journal. Comparez-la à celle que l'exploitant vous a remise par une
autre voie : une clé trouvée dans l'export ne prouve pas qui l'a signé.

Vérifier avec Sobria, sans base de données ni réseau :
    sobria audit verify CE_FICHIER.zip --key 'LA_CLÉ_PUBLIQUE'

Vérifier par soi-même : empreinte d'une ligne = SHA-256(0x00 || ligne sans le saut de ligne) ;
nœud = SHA-256(0x01 || gauche || droite) ; arbre de la RFC 6962, section 2.1. La racine obtenue
doit être celle de la troisième ligne de {checkpoint} (base64), et la signature doit être valable.

Les textes des personnes n'y sont pas : « commitment » est un engagement (HMAC-SHA256 sous un sel
aléatoire conservé avec le texte scellé), « sealed » l'empreinte du texte chiffré. « subject » est
un pseudonyme : ces données restent des données personnelles au sens du RGPD.

ENGLISH
-------
{leaves}: one record a line, in order, in canonical JSON (RFC 8785). A line {{"hash":"…"}} is a
record that the export's filter left out: its hash alone is given, to recompute the tree.
{checkpoint}: the signed head of the tree (C2SP tlog-checkpoint, Ed25519 signature).
{key}: the public key of the log. Compare it with the one that the operator gave you by another
way: a key found inside the export does not prove who signed it.

To verify with Sobria, without a database or a network:
    sobria audit verify THIS_FILE.zip --key 'THE_PUBLIC_KEY'

To verify by yourself: hash of a line = SHA-256(0x00 || line without its line feed);
node = SHA-256(0x01 || left || right); tree of RFC 6962, section 2.1. The root must be the one on
the third line of {checkpoint} (base64), and the signature must be valid.

No text of a person is here: "commitment" is an HMAC-SHA256 under a random salt that is kept with
the sealed text, "sealed" is the hash of the ciphertext. "subject" is a pseudonym: these are still
personal data in the sense of the GDPR.
"""


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export holds. ``record`` is the leaf that logs the export itself."""

    record: int
    size: int
    shown: int


def export(
    log: AuditLog, wanted: AuditFilter | None, out: BinaryIO, reader: str, reason: str
) -> Exported:
    """Write the log to ``out`` as a zip, once the export itself is logged.

    Entries that ``wanted`` leaves out are given by their hash, so that the root recomputes.
    ``reader`` is a pseudonym.

    Raises:
        ReasonTooShort: under 10 characters; nothing is written.
        AuditUnavailable: the database failed; what ``out`` holds is then no export.
    """
    record = log.log_export(reader, reason, {"filter": _describe(wanted)})
    note = log.signed_head()
    size = Verifier.parse(log.vkey).checkpoint(note).size
    shown = 0
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open(LEAVES, "w", force_zip64=True) as lines:
            for _, content, digest, is_wanted in log.leaves(size, wanted):
                shown += is_wanted
                lines.write((content if is_wanted else hash_line(digest)) + b"\n")
        archive.writestr(CHECKPOINT, note)
        archive.writestr(KEY, log.vkey + "\n")
        readme = _README.format(
            origin=log.origin,
            size=size,
            shown=shown,
            leaves=LEAVES,
            checkpoint=CHECKPOINT,
            key=KEY,
        )
        archive.writestr(README, readme)
    return Exported(record, size, shown)


def _describe(wanted: AuditFilter | None) -> dict[str, JsonValue]:
    values = {} if wanted is None else asdict(wanted)
    return {
        name: iso(value) if isinstance(value, datetime) else value
        for name, value in values.items()
        if value is not None
    }
