"""The words for the codes that receipts, quotas and audit records hold.

A code that is not known here is shown as it is: a new kind of entity must not hide a page.
"""

from __future__ import annotations

from web.i18n import N_

MASKED_KINDS = {
    "person": N_("name"),
    "address": N_("postal address"),
    "email_address": N_("e-mail address"),
    "phone_number": N_("telephone number"),
    "birth_date": N_("date of birth"),
    "nir": N_("social security number"),
    "nif": N_("tax number"),
    "siren": N_("SIREN number"),
    "siret": N_("SIRET number"),
    "tva": N_("VAT number"),
    "iban_code": N_("IBAN"),
    "credit_card": N_("bank card number"),
    "plate": N_("number plate"),
    "ip_address": N_("IP address"),
    "secret": N_("password or key"),
    "age": N_("age of a person"),
    "location": N_("town, region or country"),
    "coordinates": N_("geographic coordinates"),
    "user_name": N_("user name"),
    "personal_url": N_("web address that names a person"),
    "mac_address": N_("MAC address"),
    "ine": N_("student number (INE)"),
    "rpps": N_("health professional's number (RPPS)"),
    "adeli": N_("health professional's number (ADELI)"),
    "finess": N_("health establishment number (FINESS)"),
    "passport": N_("passport number"),
    "id_card": N_("identity card number"),
    "driving_licence": N_("driving licence number"),
    "residence_permit": N_("residence permit number"),
    "rib": N_("bank account (RIB)"),
    "bic_code": N_("bank code (BIC)"),
    "caf": N_("family allowance number (CAF)"),
    "france_travail": N_("job seeker's number (France Travail)"),
    "employee_id": N_("employee number"),
    "special_category": N_("health or union membership of a person"),
}
"""Presidio's names in lower case, «fr_» left out."""

STEPS = {
    "analysis": N_("Analysis"),
    "retrieval": N_("Search"),
    "prefill": N_("Reading"),
    "decode": N_("Writing"),
    "other": N_("Other work"),
}

METHODS = {
    "measured": N_("measured by a meter"),
    "modelled": N_("modelled from processor time"),
    "estimated": N_("estimated"),
    "unknown": N_("unknown"),
}

OUTCOMES = {
    "completed": N_("answered"),
    "cancelled": N_("stopped"),
    "refused": N_("refused"),
    "failed": N_("unsuccessful"),
    "interrupted": N_("interrupted"),
}

EFFECTS = {
    "allow": N_("allowed"),
    "review": N_("to be reviewed"),
    "forbid": N_("forbidden"),
}

LAYERS = {
    "pattern": N_("by a pattern"),
    "similarity": N_("by resemblance"),
    "default": N_("no rule spoke"),
    "model": N_("by the language model, as likeness could not tell"),
}

ENERGY_TOTALS = {
    "requests": N_("Requests"),
    "idle": N_("Waiting, at rest"),
    "unattributed": N_("Not attributed"),
    "meter": N_("Total at the meter"),
}

SOURCE_HEALTH = {
    "ready": N_("up to date"),
    "stale": N_("to be renewed"),
    "failed": N_("unsuccessful"),
    "never": N_("never fetched"),
    "syncing": N_("being fetched"),
    "disabled": N_("switched off"),
}

SOURCE_KINDS = {
    "npm_fiches": N_("npm package"),
    "npm_legi": N_("npm package"),
    "npm_kali": N_("npm package"),
    "folder": N_("folder"),
    "eurlex_html": N_("EUR-Lex pages"),
    "dila_zip": N_("file of DILA's open data"),
    "website": N_("website"),
}

ROLES = {
    "system": N_("Instructions given to the model"),
    "user": N_("The person"),
    "assistant": N_("The AI"),
    "tool": N_("A tool"),
    "employee": N_("Employee"),
    "admin": N_("Administrator"),
    "dpo": N_("Data protection officer"),
}

EVENT_TYPES = {
    "accepted": N_("request accepted"),
    "completed": N_("answer completed"),
    "cancelled": N_("answer stopped"),
    "refused": N_("request refused"),
    "failed": N_("request failed"),
    "interrupted": N_("request interrupted"),
    "consulted": N_("log consulted"),
    "exported": N_("log exported"),
    "charter": N_("charter published"),
    "account": N_("account"),
    "key": N_("API key"),
    "erased": N_("texts erased"),
    "feedback": N_("opinion given"),
    "source": N_("source"),
    "quota": N_("quota extension"),
    "review": N_("review"),
    "contest": N_("refusal contested"),
}

QUOTAS = {
    "requests_hour": N_("Requests this hour"),
    "requests_day": N_("Requests today"),
    "requests_month": N_("Requests this month"),
    "tokens_hour": N_("Tokens this hour"),
    "tokens_day": N_("Tokens today"),
    "tokens_month": N_("Tokens this month"),
    "wh_hour": N_("Energy this hour"),
    "wh_day": N_("Energy today"),
    "wh_month": N_("Energy this month"),
    "euros_hour": N_("Internal cost this hour"),
    "euros_day": N_("Internal cost today"),
    "euros_month": N_("Internal cost this month"),
}

LIMITS = {
    "requests_hour": N_("Requests per hour"),
    "requests_day": N_("Requests per day"),
    "requests_month": N_("Requests per month"),
    "tokens_hour": N_("Tokens per hour"),
    "tokens_day": N_("Tokens per day"),
    "tokens_month": N_("Tokens per month"),
    "wh_hour": N_("Energy per hour"),
    "wh_day": N_("Energy per day"),
    "wh_month": N_("Energy per month"),
    "euros_hour": N_("Internal cost per hour"),
    "euros_day": N_("Internal cost per day"),
    "euros_month": N_("Internal cost per month"),
}

PERS = {
    "service": N_("whole service"),
    "user": N_("each person"),
    "key": N_("each API key"),
}

SIGNATURES = {
    "signed": N_("signed by this instance"),
    "unsigned": N_("not signed: from before signatures"),
    "invalid": N_("signature not valid: never in force"),
    "unchecked": N_("not checked"),
}

SCOPES = {
    "chat": N_("asking questions"),
    "embeddings": N_("computing vectors"),
    "presidio": N_("finding personal data"),
    "admin_read": N_("reading the administration"),
    "admin": N_("administering"),
}

COMPONENTS = {
    "database": N_("Database"),
    "audit": N_("Audit log"),
    "charter": N_("Charter"),
    "sources": N_("Sources"),
    "model": N_("Model"),
}

CONTEST_STATES = {
    "open": N_("open"),
    "upheld": N_("maintained"),
    "accepted": N_("lifted"),
}

FEEDBACK_REASONS = {
    "inexact": N_("inexact"),
    "incomplete": N_("incomplete"),
    "off_topic": N_("off topic"),
    "outdated": N_("outdated source"),
    "wrong_source": N_("wrong source"),
    "refused": N_("refused wrongly"),
    "other": N_("another reason"),
}

FEEDBACK_STATES = {
    "new": N_("to review"),
    "kept": N_("kept as a test"),
    "dismissed": N_("without consequence"),
}

THUMBS = {
    "up": N_("useful"),
    "down": N_("not useful"),
}

TABLES = {
    "feedback_reason": FEEDBACK_REASONS,
    "feedback_state": FEEDBACK_STATES,
    "thumb": THUMBS,
    "signature": SIGNATURES,
    "contest_state": CONTEST_STATES,
    "masked": MASKED_KINDS,
    "step": STEPS,
    "method": METHODS,
    "outcome": OUTCOMES,
    "effect": EFFECTS,
    "layer": LAYERS,
    "quota": QUOTAS,
    "limit": LIMITS,
    "per": PERS,
    "energy": ENERGY_TOTALS,
    "source_health": SOURCE_HEALTH,
    "source_kind": SOURCE_KINDS,
    "role": ROLES,
    "event": EVENT_TYPES,
    "scope": SCOPES,
    "component": COMPONENTS,
}


def message_id(table: str, code: str) -> str:
    """The English text for ``code`` of ``table``; the code itself where there is none."""
    key = code.lower().replace("-", "_").replace(".", "_")
    return TABLES[table].get(key) or TABLES[table].get(key.removeprefix("fr_")) or code
