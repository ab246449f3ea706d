"""The commands as Typer runs them, with help pages and usage errors in the reader's language.

Typer leaves most of its own words in English, counts letters instead of columns, and cuts sentences short.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from typer.core import TyperCommand, TyperGroup

from campaign.cli.layout import pad, wrap
from campaign.model.i18n import _
from campaign.model.text import display_width, escape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from typer._click import Command as AnyCommand
    from typer._click import Context, HelpFormatter, Parameter
    from typer.core import TyperOption

INDENT: Final = "  "
NAMES: Final = 26
"""Columns for the names of options; the text of a longer name begins on the next line."""


class Command(TyperCommand):
    """A command."""

    def get_help_option(self, ctx: Context) -> TyperOption | None:
        """The option `--help`."""
        return _described(super().get_help_option(ctx))

    def format_usage(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write how the command is called."""
        formatter.write(_usage(self, ctx, formatter.width) + "\n")

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the help page."""
        formatter.write("\n".join(_page(self, ctx, formatter.width)) + "\n")

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Parse the arguments.

        Raises:
            UsageError: Typer's; also for arguments that no parameter takes, which Typer reports in English only.
        """
        ctx.allow_extra_args = True
        with _known_context(ctx):
            extra = super().parse_args(ctx, args)
        if extra and not ctx.resilient_parsing:
            ctx.fail(_("Got unexpected extra argument(s) ({words})", words=escape(" ".join(extra))))
        return extra


class Group(TyperGroup):
    """The program: the group of all commands."""

    def get_help_option(self, ctx: Context) -> TyperOption | None:
        """The option `--help`."""
        return _described(super().get_help_option(ctx))

    def format_usage(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write how the program is called."""
        formatter.write(_usage(self, ctx, formatter.width) + "\n")

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the help page."""
        formatter.write("\n".join([*_page(self, ctx, formatter.width), *self._commands(ctx, formatter.width)]) + "\n")

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Parse the options of the program itself."""
        with _known_context(ctx):
            return super().parse_args(ctx, args)

    def _commands(self, ctx: Context, width: int) -> Iterator[str]:
        found = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        entries = [(name, command.help or "") for name, command in found if command is not None and not command.hidden]
        yield from _section(_("Commands"), entries, width)

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, AnyCommand | None, list[str]]:
        """The command that the arguments begin with.

        Raises:
            UsageError: there is none, which Typer reports in English only.
        """
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            from difflib import get_close_matches

            alike = ", ".join(map(repr, get_close_matches(name, self.commands)))
            if alike:
                ctx.fail(_("No such command {name!r}. Did you mean {alike}?", name=name, alike=alike))
            ctx.fail(_("No such command {name!r}.", name=name))
        return super().resolve_command(ctx, args)


@contextmanager
def _known_context(ctx: Context) -> Iterator[None]:
    """Inside, usage errors know their command: Typer's parser leaves it out of some."""
    try:
        yield
    except Exception as problem:
        if getattr(problem, "ctx", ctx) is None:
            vars(problem)["ctx"] = ctx
        raise


def _described(option: TyperOption | None) -> TyperOption | None:
    if option is not None:
        option.help = _("Show this message and exit.")
    return option


def _usage(command: AnyCommand, ctx: Context, width: int) -> str:
    arguments = [(_name(one), one.required) for one in command.params if one.param_type_name == "argument"]
    words = [_("[OPTIONS]"), *(name if required else f"[{name}]" for name, required in arguments)]
    if isinstance(command, Group):
        words.append(_("COMMAND [ARGS]..."))
    start = _("Usage: {command}", command=ctx.command_path) + " "
    lines = wrap(" ".join(words), width - display_width(start))
    return start + f"\n{pad('', display_width(start))}".join(lines)


def _page(command: AnyCommand, ctx: Context, width: int) -> Iterator[str]:
    yield _usage(command, ctx, width)
    yield ""
    for line in wrap(command.help or "", width - len(INDENT)):
        yield INDENT + line
    shown = [(parameter, parameter.get_help_record(ctx)) for parameter in command.get_params(ctx)]
    for heading, kind in ((_("Arguments"), "argument"), (_("Options"), "option")):
        entries = [(_name(one), record[1]) for one, record in shown if record and one.param_type_name == kind]
        yield from _section(heading, entries, width)


def _name(parameter: Parameter) -> str:
    """A parameter as its user writes it: `FILE`, `--row N`, or `--sent / --not-sent`."""
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name)
    names = " / ".join([*parameter.opts, *parameter.secondary_opts])
    return f"{names} {parameter.metavar}" if parameter.metavar else names


def _section(heading: str, entries: Sequence[tuple[str, str]], width: int) -> Iterator[str]:
    """A heading, and below it names with their text beside them."""
    if not entries:
        return
    yield ""
    yield f"{heading}:"
    first = min(max(display_width(name) for name, _text in entries), NAMES)
    for name, text in entries:
        lines = wrap(text, width - first - 2 * len(INDENT))
        if not lines or display_width(name) > first:
            yield INDENT + name
            name = ""  # noqa: PLW2901 - it has a line of its own
        for line in lines:
            yield INDENT + pad(name, first) + INDENT + line
            name = ""  # noqa: PLW2901 - it stands beside the first line
