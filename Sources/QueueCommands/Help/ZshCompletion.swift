/// Completion scripts for zsh, as files on its `fpath` or to be sourced.
enum ZshCompletion {
  static func script(for command: Completed) -> String {
    """
    #compdef q-\(command.verb)
    \(queues)
    \(function(command))

    \(start("q-\(command.verb)", function: "_q_\(command.verb)"))
    """
  }

  static func script(for commands: [Completed]) -> String {
    """
    #compdef q
    \(queues)
    \(commands.map(function).joined(separator: "\n"))

    _q_verbs() {
      local -a verbs=(
    \(commands.map { "    " + shellQuoted("\($0.verb):\($0.abstract)") }.joined(separator: "\n"))
      )
      if ((CURRENT == 2)); then
        if [[ $PREFIX == -* ]]; then compadd -- -h --help --version; return; fi
        _describe -t commands command verbs
      elif (($+functions[_q_${words[2]}])); then
        shift words
        ((CURRENT--))
        _q_${words[1]}
      fi
    }

    \(start("q", function: "_q_verbs"))
    """
  }

  private static func function(_ command: Completed) -> String {
    var specifications = command.options.map(option)
    switch command.operands {
    case .none: break
    case .command:
      specifications += [
        "'(-)1:\(command.operandName):_command_names -e'", "'*::argument:_normal'",
      ]
    default: specifications.append(shellQuoted("*" + value(command.operandName, command.operands)))
    }
    return """

      _q_\(command.verb)() {
        _arguments -s -S \\
          \(specifications.joined(separator: " \\\n    "))
      }
      """
  }

  /// One option, its spellings excluding each other.
  private static func option(_ option: HelpDump.Argument) -> String {
    let takesValue = option.kind == .option
    let spellings = option.spellings.map { name in
      takesValue ? name + (name.hasPrefix("--") ? "=" : "+") : name
    }
    let rest =
      "[\(escaped(option.help))]"
      + (takesValue ? value(option.valueName ?? "value", option.values) : "")
    if spellings.count == 1 { return shellQuoted(spellings[0] + rest) }
    return "'(\(option.spellings.joined(separator: " ")))'{\(spellings.joined(separator: ","))}"
      + shellQuoted(rest)
  }

  private static func value(_ name: String, _ values: CompletionValues) -> String {
    let action =
      switch values {
      case .none: " "
      case .file: "_files"
      case .directory: "_directories"
      case .command: "_command_names -e"
      case .queues: "__q_offer_queues"
      case .words(let words): "(\(words.joined(separator: " ")))"
      }
    return ":\(escaped(name)):\(action)"
  }

  private static func escaped(_ text: String) -> String {
    text.reduce(into: "") { $0 += "\\:[]".contains($1) ? "\\\($1)" : "\($1)" }
  }

  /// A file on the `fpath` is the body of a function; a sourced one must say what it completes.
  private static func start(_ name: String, function: String) -> String {
    """
    if [[ ${funcstack[1]} == _\(name) ]]; then
      \(function) "$@"
    else
      compdef \(function) \(name)
    fi
    """
  }

  private static let queues =
    queuesFunction + #"""

      __q_offer_queues() { compadd "$@" -- $(__q_queues "${(@)words[1,CURRENT-1]}"); }
      """#
}
