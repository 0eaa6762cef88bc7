"""JSON Schema of the run file and the plan, for editors that complete and check keys."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from breedeval.config.plan_settings import PlanSettings
from breedeval.config.settings import RunSettings

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_VALUES = ("examples", "default", "enum", "const")
_TEXT = ["string", "number", "boolean"]
_LABEL = ["string", "number", "boolean", "null"]


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the run file as users write it, short forms included.

    A name or a label may look like a number (``unknown: [0, NA]``): the program keeps its text,
    an editor sees a number, and the schema accepts both.
    """
    return _schema_of(RunSettings, "breedeval run file")


def plan_schema() -> dict[str, Any]:
    """The same of the plan of a batch."""
    return _schema_of(PlanSettings, "breedeval plan")


def _schema_of(root: type[BaseModel], title: str) -> dict[str, Any]:
    schema = {"$schema": DIALECT, **root.model_json_schema(mode="validation"), "title": title}
    return dict(_as_written(schema))


def _as_written(schema: Any) -> Any:
    """The same schema, with text that may be written without quotes."""
    if isinstance(schema, list):
        return [_as_written(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {key: value if key in _VALUES else _as_written(value)
               for key, value in schema.items() if not _is_title(key, value)}
    if "const" in changed.get("properties", {}).get("kind", {}):
        changed["required"] = sorted({*changed.get("required", []), "kind"})
    if changed.get("type") == "array" and _is_text(schema.get("items")):
        changed["items"] = {**changed["items"], "type": _LABEL}
    elif _is_text(schema):
        changed["type"] = _TEXT
    return changed


def _is_title(key: str, value: Any) -> bool:
    """pydantic's titles repeat the key."""
    return key == "title" and isinstance(value, str) and not value.startswith("breedeval ")


def _is_text(schema: Any) -> bool:
    """Whether a schema is free text, not a file name, a choice or a pattern."""
    return (isinstance(schema, dict) and schema.get("type") == "string"
            and not {"format", "enum", "const", "pattern"} & schema.keys())
