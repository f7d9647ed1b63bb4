/// Completion scripts for bash 4 and later; they need nothing else.
enum BashCompletion {
  static func script(for command: Completed) -> String {
    """
    # bash completion for q-\(command.verb)
    \(offer)
    \(function(command))
    complete -F _q_\(command.verb) q-\(command.verb)
    """
  }

  static func script(for commands: [Completed]) -> String {
    """
    # bash completion for q
    \(offer)
    \(commands.map(function).joined(separator: "\n"))

    _q() {
      if ((COMP_CWORD == 1)); then
        __q_offer '-h --help --version' '' words:\(commands.map(\.verb).joined(separator: ","))
      elif declare -F "_q_${COMP_WORDS[1]}" >/dev/null; then
        COMP_WORDS=("${COMP_WORDS[@]:1}")
        ((COMP_CWORD--))
        "_q_${COMP_WORDS[0]}"
      fi
    }
    complete -F _q q
    """
  }

  private static func function(_ command: Completed) -> String {
    let valued = command.options.filter { $0.kind == .option }
      .flatMap { option in option.spellings.map { "\($0)=\(kind(option.values))" } }
    return """

      _q_\(command.verb)() {
        __q_offer '\(command.options.flatMap(\.spellings).joined(separator: " "))' \\
          '\(valued.joined(separator: " "))' \(kind(command.operands))
      }
      """
  }

  private static func kind(_ values: CompletionValues) -> String {
    switch values {
    case .none: "none"
    case .file: "file"
    case .directory: "directory"
    case .command: "command"
    case .queues: "queues"
    case .words(let words): "words:" + words.joined(separator: ",")
    }
  }

  private static let offer =
    queuesFunction + #"""

      # $1: the options; $2: those with a value, each as OPTION=KIND; $3: what the operands are.
      __q_offer() {
        local current=${COMP_WORDS[COMP_CWORD]} kind=$3 ended= at word
        COMPREPLY=()
        for ((at = 1; at < COMP_CWORD; at++)); do
          word=${COMP_WORDS[at]}
          if [[ $word == -- ]]; then
            ended=1
            if [[ $3 == command ]]; then ((at++)); break; fi
          elif [[ ! $ended && " $2 " == *" $word="* ]]; then
            # bash makes three words of --option=value
            if [[ ${COMP_WORDS[at + 1]} == = ]]; then ((at++)); fi
            if ((++at >= COMP_CWORD)); then
              kind=" $2" kind=${kind#* "$word="} kind=${kind%% *} ended=1
            fi
          elif [[ $3 == command && $word != -* ]]; then
            break
          fi
        done
        [[ $current != = ]] || current=
        if [[ $3 == command ]] && ((at < COMP_CWORD)); then
          # Behind another program: what that one takes, where bash-completion is.
          if declare -F _command_offset >/dev/null; then _command_offset "$at"; return; fi
          kind=file
        elif [[ ! $ended && $current == -* ]]; then
          kind=words:${1// /,}
        fi
        case $kind in
          words:*) kind=${kind#words:}; set -- -W "${kind//,/ }" ;;
          file) compopt -o filenames 2>/dev/null; set -- -f ;;
          directory) compopt -o filenames 2>/dev/null; set -- -d ;;
          command) set -- -c ;;
          queues) set -- -W "$(__q_queues "${COMP_WORDS[@]:0:COMP_CWORD}")" ;;
          *) return ;;
        esac
        mapfile -t COMPREPLY < <(compgen "$@" -- "$current")
      }
      """#
}
