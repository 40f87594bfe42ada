/*
 * What a shell loads to complete runts' command lines. Each script asks the runts that stands on the line what may come next
 * (`runts completion SHELL -- WORDS`): one answer for all shells, always that of the installed version.
 */

export const SHELLS = ["bash", "zsh", "fish"] as const
export type Shell = (typeof SHELLS)[number]

const BASH = String.raw`# bash completion of runts: runts completion bash >/etc/bash_completion.d/runts

_runts() {
  local program=\${COMP_WORDS[0]/#\~/$HOME} line
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :file) compopt -o default ;;
      :folder) compopt -o dirnames ;;
      *) COMPREPLY+=("$line") ;;
    esac
  done < <("$program" completion bash -- "\${COMP_WORDS[@]:0:COMP_CWORD+1}" 2>/dev/null)
}

complete -F _runts runts
`

const ZSH = String.raw`#compdef runts
# zsh completion of runts: runts completion zsh >DIR/_runts, where DIR is in $fpath

_runts() {
  local line program=\${(Q)words[1]} paths=
  local -a found
  for line in "\${(@f)$("\${program/#\~/$HOME}" completion zsh -- "\${(@Q)words[1,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      ('') ;;
      (:file) paths=file ;;
      (:folder) paths=folder ;;
      (*) found+=("$line") ;;
    esac
  done
  compset -P '-*='
  case $paths in
    (file) _files ;;
    (folder) _files -/ ;;
    (*) _describe value found ;;
  esac
}

if [[ $funcstack[1] = _runts ]]; then _runts "$@"; else compdef _runts runts; fi
`

const FISH = String.raw`# fish completion of runts: runts completion fish >~/.config/fish/completions/runts.fish

function __runts_complete
  set -l before (commandline -opc)
  set -l current (commandline -ct)
  test (count $current) -gt 0; or set current ''
  set -l path $current
  set -l head ''
  if string match -qr -- '^-[^=]*=' $current
    set path (string replace -r -- '^-[^=]*=' '' $current)
    set head (string match -r -- '^-[^=]*=' $current)
  end
  for line in ($before[1] completion fish -- $before $current 2>/dev/null)
    switch $line
      case :file
        for found in (__fish_complete_path $path)
          echo $head$found
        end
      case :folder
        for found in (__fish_complete_directories $path '')
          echo $head$found
        end
      case '*'
        echo $head$line
    end
  end
end

complete -c runts -f -a '(__runts_complete)'
`

/** The script that a shell loads. */
export function completionScript(shell: Shell): string {
  // String.raw keeps the backslash that keeps ${ from JavaScript
  return { bash: BASH, zsh: ZSH, fish: FISH }[shell].replaceAll("\\${", "${")
}
