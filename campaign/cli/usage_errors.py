"""Usage errors that Typer finds, in the reader's language: how the command is called, and what is wrong.

Typer writes them in English only. They are told apart by the name of their class and by its attributes, since the
module of the class differs between Typer's versions.
"""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Any, get_args

from campaign.cli import style, terminal
from campaign.model.i18n import _
from campaign.model.text import alternatives, escape


def show(problem: Any) -> None:  # noqa: ANN401 - see above
    """Show a usage error on standard error."""
    if type(problem).__name__ == "NoArgsIsHelpError":
        terminal.note(problem.format_message())
        return
    if problem.ctx is not None:
        terminal.note(problem.ctx.get_usage())
        terminal.note(_("Try '{command} --help' for help.", command=problem.ctx.command_path) + "\n")
    with style.colouring(sys.stderr, style.Colour.ERROR):
        terminal.note(_("Error: {words}", words=_sentence(problem)))


def _sentence(problem: Any) -> str:  # noqa: ANN401 - see above
    match type(problem).__name__:
        case "NoSuchOption":
            return _no_such_option(escape(problem.option_name), problem.possibilities or ())
        case "BadOptionUsage":
            return _wrong_use(problem)
        case "MissingParameter" if problem.param.param_type_name == "argument":
            return _("Missing argument {name}.", name=_named(problem.param))
        case "MissingParameter":
            return _("Missing option {name}.", name=_named(problem.param))
        case "BadParameter" if problem.param is not None:
            return _invalid_value(problem.param)
    # Its sentence is ours, and translated.
    return str(problem.format_message())


def _no_such_option(name: str, alike: Any) -> str:  # noqa: ANN401 - see above
    if not alike:
        return _("No such option: {name}", name=name)
    return _("No such option: {name} (Possible options: {alike})", name=name, alike=", ".join(sorted(alike)))


def _wrong_use(problem: Any) -> str:  # noqa: ANN401 - see above
    for option in problem.ctx.command.params if problem.ctx is not None else ():
        if problem.option_name in (*option.opts, *option.secondary_opts) and option.is_flag:
            return _("Option {name!r} does not take a value.", name=problem.option_name)
    return _("Option {name!r} requires an argument.", name=problem.option_name)


def _invalid_value(option: Any) -> str:  # noqa: ANN401 - see above
    name, (kind, least, most) = _named(option), _expected(option)
    if kind in ("int", "integer") and least is not None and most is not None:
        return _(
            "Invalid value for {name}: expected a whole number from {least:,} to {most:,}",
            name=name,
            least=least,
            most=most,
        )
    if kind in ("int", "integer"):
        return _("Invalid value for {name}: expected a whole number", name=name)
    if kind == "float":
        return _("Invalid value for {name}: expected a number", name=name)
    if isinstance(kind, list):
        return _("Invalid value for {name}: expected {choices}", name=name, choices=alternatives(kind))
    return _("Invalid value for {name}", name=name)


def _expected(option: Any) -> tuple[str | list[str], float | None, float | None]:  # noqa: ANN401 - see above
    """The name of a type or the choices, the least and the most of an option's value.

    Until 0.28 Typer gives an option a type of Click's, from 0.29 on an annotation.
    """
    if not hasattr(option, "type_descriptor"):
        kind = option.type
        choices = [str(getattr(one, "value", one)) for one in getattr(kind, "choices", ())]
        return choices or kind.name.partition(" ")[0], getattr(kind, "min", None), getattr(kind, "max", None)
    annotation = option.type_descriptor.annotation
    for kind in (annotation, *get_args(annotation)):
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            return [*kind], None, None
        if kind in (int, float):
            return kind.__name__, option.min, option.max
    return "", None, None


def _named(parameter: Any) -> str:  # noqa: ANN401 - see above
    names = [parameter.metavar or parameter.name] if parameter.param_type_name == "argument" else parameter.opts
    return " / ".join(map(repr, names))
