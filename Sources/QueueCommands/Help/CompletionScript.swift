import ArgumentParser

/// Scripts that let a shell ask ``Completion`` what to offer, and offer it.
enum CompletionScript: String, CaseIterable, ExpressibleByArgument {
  case bash, zsh, fish

  /// The first argument of a command that is asked; the words of the line follow.
  static let request = "---complete"

  /// The script for a command: `q-work`, or `q` with its verbs.
  func script(for command: String) -> String {
    let scripts = [Self.bash: Self.bashScript, .zsh: Self.zshScript, .fish: Self.fishScript]
    return (scripts[self] ?? "").replacing("COMMAND", with: command)
      .replacing("FUNCTION", with: "_" + command.replacing("-", with: "_"))
      .replacing("REQUEST", with: Self.request)
  }

  private static let bashScript = #"""
    # bash completion for COMMAND
    FUNCTION() {
      local current=${COMP_WORDS[COMP_CWORD]} line kind prefix place
      local -a reply
      mapfile -t reply < <(COMMAND REQUEST "${COMP_WORDS[@]:0:COMP_CWORD+1}" 2>/dev/null)
      kind=${reply[0]-} prefix=${reply[1]-} place=${kind#program }
      COMPREPLY=()
      [[ $current != = ]] || current=
      case $kind in
        words)
          for line in "${reply[@]:2}"; do
            line=$prefix${line%%$'\t'*}
            [[ $line != "$current"* ]] || COMPREPLY+=("$line")
          done
          return ;;
        program*)
          # What a program takes is known where bash-completion is.
          if ((place == COMP_CWORD)); then set -- -c
          elif declare -F _command_offset >/dev/null; then _command_offset "$place"; return
          else set -- -f; fi ;;
        file | directory) set -- "-${kind:0:1}" -P "$prefix" ;;
        *) return ;;
      esac
      [[ $1 == -c ]] || compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen "$@" -- "${current#"$prefix"}")
    }
    complete -F FUNCTION COMMAND
    """#

  /// A file on the `fpath` is the body of a function; a sourced one must say what it completes.
  private static let zshScript = #"""
    #compdef COMMAND
    FUNCTION_offer() {
      local -a reply=("${(@f)$(COMMAND REQUEST "${(@Q)words[1,CURRENT]}" 2>/dev/null)}") offered
      local line place=${reply[1]#program }
      compset -P "${(b)reply[2]}"
      case ${reply[1]} in
        words)
          for line in "${(@)reply[3,-1]}"; do
            offered+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
          done
          _describe -t values value offered ;;
        file) _files ;;
        directory) _directories ;;
        program*)
          shift $place words
          ((CURRENT -= place))
          if ((CURRENT == 1)); then _command_names -e; else _normal; fi ;;
      esac
    }
    if [[ ${funcstack[1]} == _COMMAND ]]; then
      FUNCTION_offer "$@"
    else
      compdef FUNCTION_offer COMMAND
    fi
    """#

  private static let fishScript = #"""
    # fish completion for COMMAND
    function _FUNCTION_offer
        set -l before (commandline -opc)
        set -l current (commandline -ct)
        set -l reply (COMMAND REQUEST $before "$current" 2>/dev/null)
        set -l prefix "$reply[2]"
        set -l rest (string replace -- "$prefix" '' "$current")
        switch "$reply[1]"
            case words
                printf '%s\n' $prefix$reply[3..-1]
            case file
                printf '%s\n' $prefix(__fish_complete_path "$rest")
            case directory
                printf '%s\n' $prefix(__fish_complete_directories "$rest")
            case 'program *'
                set -e before[1..(string replace 'program ' '' $reply[1])]
                complete -C (string join ' ' -- (string escape -- $before) "$current")
        end
    end
    complete -c COMMAND -f -a '(_FUNCTION_offer)'
    """#
}
