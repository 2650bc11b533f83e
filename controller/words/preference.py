"""Which language somebody reads, as their browser or machine says: Vietnamese, unless English is asked for."""

import os
import re
from collections.abc import Mapping

from controller.words.translation import Language

VARIABLE = "LOA_LANGUAGE"

_RANGE = re.compile(r"\s*([a-zA-Z]{1,8}|\*)(?:-[a-zA-Z0-9-]*)?\s*(?:;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?))?\s*")


def of_environment(environment: Mapping[str, str] = os.environ, otherwise: Language = "vi") -> Language:
    """For the commands, by `LOA_LANGUAGE`: “en” or “vi”, or as a locale is named, “en_US.UTF-8”."""
    wanted = re.match(r"(en|vi)(?![a-z])", environment.get(VARIABLE, ""), re.IGNORECASE)
    if wanted is None:
        return otherwise
    return "en" if wanted[1].lower() == "en" else "vi"


def of_accept_language(header: str) -> Language:
    """For an HTTP request, by its Accept-Language (RFC 9110, 12.5.4): English where that weighs more."""
    weights: dict[str, float] = {}
    for each in header.split(","):
        matched = _RANGE.fullmatch(each)
        if matched is not None:
            name, weight = matched[1].lower(), float(matched[2] or 1)
            weights[name] = max(weights.get(name, 0.0), weight)
    others = weights.get("*", 0.0)
    return "en" if weights.get("en", others) > weights.get("vi", others) else "vi"
