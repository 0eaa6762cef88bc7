"""The reference pages of run file and plan, written from the settings themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from breedeval.config.canonical import plain_values, write_yaml
from breedeval.config.forms import Forms, field_forms, forms_of, kind_of, leading_key, short_form
from breedeval.config.plan_settings import PlanSettings
from breedeval.config.settings import RunSettings
from breedeval.covariance.structure import CovarianceKind

_HEADER = "| key | what is written | default | meaning | example |\n|---|---|---|---|---|\n"


def reference_markdown() -> str:
    """Every key of the run file: type, default, meaning and an example, as Markdown tables."""
    return _pages("The run file", RunSettings)


def plan_markdown() -> str:
    """The same of the plan of a batch."""
    return _pages("The plan", PlanSettings)


def _pages(title: str, root: type[BaseModel]) -> str:
    return "\n".join([_section(title, root, 2), *_below(root, (), {root})])


def _below(
    model: type[BaseModel], path: tuple[str, ...], seen: set[type[BaseModel]]
) -> Iterator[str]:
    """Sections of the parts of a part, in the order of the file, each class once."""
    for name, field in model.model_fields.items():
        parts = _parts(field_forms(field))
        for part in parts:
            if part in seen:
                continue
            seen.add(part)
            inner = (*path, name)
            yield _section(_title(inner, part, len(parts)), part, min(len(inner) + 1, 4))
            yield from _below(part, inner, seen)


def _parts(forms: Forms) -> list[type[BaseModel]]:
    """Classes that a place leads to, through lists and mappings."""
    inner = [get_args(form)[0] for form in forms.lists]
    inner += [get_args(form)[1] for form in forms.mappings]
    return [*forms.models, *(part for form in inner for part in _parts(forms_of(form)))]


def _title(path: tuple[str, ...], part: type[BaseModel], siblings: int) -> str:
    title = " › ".join(f"`{key}`" for key in path)
    if siblings == 1:
        return title
    return f"{title}, `{f'kind: {kind_of(part)}' if kind_of(part) else leading_key(part)}`"


def _section(title: str, model: type[BaseModel], depth: int) -> str:
    words = (model.__doc__ or "").strip().splitlines()[0].replace("``", "`")
    if short := short_form(model):
        words += f" Short form: {short[0].lower()}{short[1:]}"
    rows = "".join(_row(name, field) for name, field in model.model_fields.items())
    return f"{'#' * depth} {title}\n\n{words}\n\n{_HEADER}{rows}"


def _row(name: str, field: FieldInfo) -> str:
    forms = field_forms(field)
    limits = "" if forms.takes_text else _limits(field)
    example = field.examples[0] if field.examples else field.default
    cells = (f"`{name}`", forms.words() + limits, _default(name, field), field.description or "",
             _code(example))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _default(name: str, field: FieldInfo) -> str:
    if field.is_required() or name == "kind":
        return "**required**"
    if isinstance(field.default, CovarianceKind):
        return _code(field.default.model_dump()["kind"])
    if field.default is None or isinstance(field.default, BaseModel) or field.default == {}:
        return "–"
    return _code(plain_values(field.default)) if field.default != "" else '`""`'


def _limits(field: FieldInfo) -> str:
    """``, 0 to 20`` from the limits of a number."""
    limits = {name: getattr(part, name) for part in field.metadata
              for name in ("gt", "ge", "lt", "le") if getattr(part, name, None) is not None}
    words = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}
    return "".join(f", {words[name]} {value:g}" for name, value in limits.items())


def _code(value: Any) -> str:
    """A value on one line, as it is written in the run file."""
    return f"`{write_yaml(value, flow=True).strip().removesuffix('...').strip()}`"
