#!/usr/bin/python3
"""Writes completion for bash, zsh and fish: tools/make_completion.py MEMSHIM-REPORT OUT

OUT/memshim (bash; also for memshim-report), OUT/_memshim (zsh), OUT/memshim.fish. What they know
comes from --help.
"""
import pathlib
import sys

import help_text

FILES = {"FILE", "PATH", "SRC", "OUT"}


def words_of(options):
    return " ".join(f"--{name}{'=' if value else ''}" for name, value, _, _ in options)


def bash_values(options):
    """Lines of a case statement: the values of each option."""
    lines = []
    for name, value, values, _ in options:
        if values:
            lines.append(f'      --{name}) COMPREPLY=($(compgen -W "{" ".join(values)}" -- "$cur")) ;;')
        elif value in FILES:
            lines.append(f'      --{name}) COMPREPLY=($(compgen -f -- "$cur")) ;;')
    return lines


def bash(report, all_commands):
    out = ["# bash completion for memshim and memshim-report; made from --help.",
           "# shellcheck shell=bash disable=SC2207  # completion words have no blanks of their own",
           "_memshim_words() {", "  case $1 in"]
    for name, (_, help_of) in {"": ("", report), **all_commands}.items():
        options = help_of.all_options()
        out += [f"  {name or 'memshim-report'})", f'    words="{words_of(options)}"', "    case $prev in",
                *bash_values(options), "      *) return 1 ;;", "    esac ;;"]
    out += ["  *) words=; return 1 ;;", "  esac", "}", "", "_memshim() {",
            "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words= command=",
            "  local first=2 index",
            "  COMPREPLY=()",
            "  # --sort=KEY comes as three words where '=' breaks words, and as one where it does not.",
            "  if [[ $cur == --*=* ]]; then prev=${cur%%=*} cur=${cur#*=}",
            "  elif [[ $cur == = ]]; then cur=",
            "  elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD - 2]}; fi",
            "  if [[ ${COMP_WORDS[0]##*/} == memshim-report ]]; then command=memshim-report first=1",
            "  elif [[ $COMP_CWORD -eq 1 ]]; then",
            f'    COMPREPLY=($(compgen -W "{" ".join(all_commands)} --help --version" -- "$cur"))',
            "    return",
            "  else command=${COMP_WORDS[1]}; fi",
            "  if [[ $command == run || $command == check ]]; then",
            "    for ((index = first; index < COMP_CWORD; index++)); do",
            "      [[ ${COMP_WORDS[index]} == -- ]] || continue",
            "      if [[ $index -eq $((COMP_CWORD - 1)) ]]; then COMPREPLY=($(compgen -c -- \"$cur\"))",
            "      else COMPREPLY=($(compgen -f -- \"$cur\")); fi",
            "      return",
            "    done",
            "  fi",
            '  _memshim_words "$command" && return',
            '  if [[ $cur == -* ]]; then',
            '    COMPREPLY=($(compgen -W "$words" -- "$cur"))',
            "    [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null",
            "  elif [[ $command == run ]]; then COMPREPLY=($(compgen -c -- \"$cur\"))",
            '  else COMPREPLY=($(compgen -f -- "$cur")); fi',
            "  return 0",
            "}",
            "complete -o filenames -F _memshim memshim memshim-report", ""]
    return "\n".join(out)


def zsh_text(text):
    return "".join("\\" + c if c in "[]:'\\\"$`" else c for c in text).replace("\\'", "'\\''")


def zsh_specs(options):
    for name, value, values, text in options:
        spec = f"--{name}" + ("=" if value else "") + f"[{zsh_text(text or name)}]"
        if values:
            spec += f":{value.split('|')[0].lower()}:({' '.join(values)})"
        elif value:
            spec += f":{zsh_text(value.lower())}:" + ("_files" if value in FILES else "")
        yield f"'{spec}'"


def zsh(report, all_commands):
    out = ["#compdef memshim memshim-report", "# zsh completion; made from --help.", "",
           "_memshim_report() {", "  _arguments \\"]
    out += [f"    {spec} \\" for spec in zsh_specs(report.all_options())] + ["    '*:file:_files'", "}"]
    for name, (_, help_of) in all_commands.items():
        out += ["", f"_memshim_command_{name}() {{", "  _arguments \\"]
        out += [f"    {spec} \\" for spec in zsh_specs(help_of.all_options())]
        out += ["    '*::command:_normal'" if name == "run" else "    '*:file:_files'", "}"]
    out += ["", "_memshim() {",
            "  if [[ $service == memshim-report ]]; then _memshim_report; return; fi",
            "  local -a commands=("]
    out += [f"    '{name}:{zsh_text(text)}'" for name, (text, _) in all_commands.items()]
    out += ["  )",
            "  if (( CURRENT == 2 )); then _describe command commands; return; fi",
            "  local command=$words[2]",
            "  (( $+functions[_memshim_command_$command] )) || return 1",
            "  shift words; (( CURRENT-- ))",
            "  _memshim_command_$command", "}", "", '_memshim "$@"', ""]
    return "\n".join(out)


def fish_quote(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def fish_options(program, condition, options):
    for name, value, values, text in options:
        words = ["complete", "-c", program, *condition, "-l", name]
        if values:
            words += ["-x", "-a", fish_quote(" ".join(values))]
        elif value:
            words.append("-r" if value in FILES else "-x")
        if text:
            words += ["-d", fish_quote(text)]
        yield " ".join(words)


def fish(report, all_commands):
    out = ["# fish completion for memshim and memshim-report; made from --help."]
    for name, (text, help_of) in all_commands.items():
        out.append(f"complete -c memshim -n __fish_use_subcommand -f -a {name} -d {fish_quote(text)}")
        condition = ["-n", fish_quote(f"__fish_seen_subcommand_from {name}")]
        out += fish_options("memshim", condition, help_of.all_options())
    out += fish_options("memshim-report", [], report.all_options())
    return "\n".join(out) + "\n"


def main():
    executable, out = sys.argv[1:]
    report, all_commands = help_text.read(executable), help_text.commands(executable)
    for name, make in (("memshim", bash), ("_memshim", zsh), ("memshim.fish", fish)):
        pathlib.Path(out, name).write_text(make(report, all_commands), encoding="utf-8")


if __name__ == "__main__":
    main()
