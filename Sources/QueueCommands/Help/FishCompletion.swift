/// Completion scripts for fish.
enum FishCompletion {
  static func script(for command: Completed) -> String {
    """
    # fish completion for q-\(command.verb)
    \(functions)
    complete -c q-\(command.verb) -f
    \(lines(command, of: "q-\(command.verb)", condition: nil).joined(separator: "\n"))
    """
  }

  static func script(for commands: [Completed]) -> String {
    var lines = commands.map {
      "complete -c q -n __q_has_no_verb -a \($0.verb) -d \(quoted($0.abstract))"
    }
    lines.append("complete -c q -n __q_has_no_verb -s h -l help -d 'Show the commands.'")
    lines.append("complete -c q -n __q_has_no_verb -l version -d 'Show the version.'")
    for command in commands {
      lines += self.lines(command, of: "q", condition: "__q_has_verb \(command.verb)")
    }
    return """
      # fish completion for q
      \(functions)
      complete -c q -f
      \(lines.joined(separator: "\n"))
      """
  }

  private static func lines(
    _ command: Completed, of name: String, condition: String?
  ) -> [String] {
    var operands = "complete -c \(name)" + (condition.map { " -n \(quoted($0))" } ?? "")
    var options = operands
    var lines: [String] = []
    if command.operands == .command {
      let valued = command.valued.joined(separator: " ")
      let test = "__q_\(command.verb)_takes_options"
      lines.append("function \(test)\n    __q_before_program \(valued)\nend")
      options = "complete -c \(name) -n "
      options += condition.map { quoted("\($0); and \(test)") } ?? test
      let skip = condition == nil ? 1 : 2
      operands += " -x -a '(__fish_complete_subcommand --fcs-skip=\(skip) \"\" \(valued))'"
    } else {
      operands += " " + values(command.operands)
    }
    for option in command.options {
      let names = (option.names ?? []).map { ($0.kind == "long" ? "-l " : "-s ") + $0.name }
      let value = option.kind == .flag ? "" : option.values == .file ? "-r" : "-x"
      let parts = [
        options, names.joined(separator: " "), value, values(option.values), "-d",
        quoted(option.help),
      ]
      lines.append(parts.filter { !$0.isEmpty }.joined(separator: " "))
    }
    return command.operands == .none ? lines : lines + [operands]
  }

  private static func values(_ values: CompletionValues) -> String {
    switch values {
    case .none: ""
    case .file: "-F"
    case .directory: "-a '(__fish_complete_directories)'"
    case .command: "-a '(__fish_complete_command)'"
    case .queues: "-a '(__q_queues)'"
    case .words(let words): "-a \(quoted(words.joined(separator: " ")))"
    }
  }

  private static func quoted(_ text: String) -> String {
    shellQuoted(text.replacing("\\", with: "\\\\"), escape: "\\'")
  }

  private static let functions = #"""

    function __q_has_no_verb
        test (count (commandline -opc)) -eq 1
    end

    function __q_has_verb
        set -l words (commandline -opc)
        test "$words[2]" = $argv[1]
    end

    # The queues of the store that is named on the line.
    function __q_queues
        set -l words (commandline -opc)
        set -l place
        while set -q words[1]
            switch $words[1]
                case -s --store
                    set place $words[2]
                case '--store=*'
                    set place (string replace -- --store= '' $words[1])
                case '-s*'
                    set place (string replace -- -s '' $words[1])
            end
            set -e words[1]
        end
        if set -q place[1]
            set place (string replace -r -- '^~/' "$HOME/" $place)
        end
        q-stats --store=$place --all 2>/dev/null | string match -r '^[^ ]+' | tail -n +2
    end

    # Whether options are still ours: no program stands behind them. $argv: those with a value.
    function __q_before_program
        set -l words (commandline -opc)
        switch $words[1]
            case q '*/q'
                set -e words[1]
        end
        set -e words[1]
        while set -q words[1]
            if contains -- $words[1] $argv
                set -e words[1]
            else if not string match -q -- '-?*' $words[1]; or test $words[1] = --
                return 1
            end
            set -e words[1]
        end
    end

    """#
}
