# SPDX-License-Identifier: GPL-3.0-or-later
# bash completion for mdrescue: commands and options are those that its own help names.
_mdrescue() {
    local cur=${COMP_WORDS[COMP_CWORD]} command=
    COMPREPLY=()
    [ "$COMP_CWORD" -gt 1 ] && command=${COMP_WORDS[1]}
    if [ -z "$command" ] && [[ $cur != -* ]] || [ "$command" = help ]; then
        mapfile -t COMPREPLY < <(compgen -W "$("$1" --help 2>/dev/null | sed -n '/^Commands:/,/^$/s/^  \([a-z]\{1,\}\) .*/\1/p')" -- "$cur")
    elif [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$("$1" ${command:+"$command"} --help 2>/dev/null | sed -n 's/^  \(-.,\)\{0,1\}\(--[a-z-]*\).*/\2/p')" -- "$cur")
    else
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
    fi
}
complete -F _mdrescue mdrescue
