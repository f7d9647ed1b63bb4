import ArgumentParser

/// Completion scripts of shells.
enum Completions {
  static let shells = ["bash", "zsh", "fish"]

  /// The script of one command, by the parser.
  static func script(of type: any QueueCommand.Type, for shell: String) -> String? {
    guard let shell = CompletionShell(rawValue: shell) else { return nil }
    let script = type.completionScript(for: shell)
    guard shell == .zsh else { return script }
    // The parser takes `help` for a subcommand of each; with operands, zsh then refuses the script.
    return script.split(separator: "\n", omittingEmptySubsequences: false)
      .filter { !$0.contains("'(-): :->command'") && !$0.contains("'(-)*:: :->arg'") }
      .joined(separator: "\n")
  }

  /// The script of `q`: its verbs as the first word, behind `help` too.
  static func script(of verbs: [String], for shell: String) -> String? {
    let words = (verbs + ["help"]).joined(separator: " ")
    switch shell {
    case "bash":
      return """
        _q() {
          COMPREPLY=()
          if [ "$COMP_CWORD" -eq 1 ] || [ "${COMP_WORDS[1]}" = help ]; then
            mapfile -t COMPREPLY < <(compgen -W "\(words)" -- "${COMP_WORDS[COMP_CWORD]}")
          fi
        }
        complete -o default -F _q q
        """
    case "zsh":
      return """
        #compdef q
        _q() {
          if (( CURRENT == 2 )) || [[ ${words[2]} == help ]]; then
            compadd -- \(words)
          else
            _files
          fi
        }
        _q "$@"
        """
    case "fish":
      return """
        complete -c q -n '__fish_use_subcommand; or __fish_seen_subcommand_from help' -f -a '\(words)'
        """
    default: return nil
    }
  }
}
