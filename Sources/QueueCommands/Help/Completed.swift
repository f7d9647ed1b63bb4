import ArgumentParser

/// A command as completion scripts see it.
struct Completed {
  let verb, abstract: String
  /// Without operands.
  let options: [HelpDump.Argument]
  /// What its operands are: the first declared speaks for all.
  let operands: CompletionValues
  let operandName: String

  init(_ verb: String, _ type: any ExplainedCommand.Type) throws {
    let arguments = try HelpDump.displayed(of: type)
    let operand = arguments.first { $0.kind == .positional }
    self.verb = verb
    abstract = type.configuration.abstract
    options = arguments.filter { $0.kind != .positional }
    operands = operand?.values ?? .none
    operandName = operand?.valueName ?? "operand"
  }

  /// The spellings of the options that take a value.
  var valued: [String] { options.filter { $0.kind == .option }.flatMap(\.spellings) }
}

/// A word in single quotes, for any shell of the three.
func shellQuoted(_ text: String, escape: String = #"'\''"#) -> String {
  "'\(text.replacing("'", with: escape))'"
}

/// The queues of the store that is named among the words given, in bash and zsh.
let queuesFunction = #"""

  __q_queues() {
    local word next= place=
    for word; do
      if [[ $next ]]; then
        # bash makes three words of --option=value
        if [[ $word != = ]]; then place=$word next=; fi
        continue
      fi
      case $word in
        -s | --store) next=1 ;;
        --store=*) place=${word#--store=} ;;
        -s?*) place=${word#-s} ;;
      esac
    done
    if [[ $place == '~/'* ]]; then place=$HOME/${place#??}; fi
    q-stats ${place:+"--store=$place"} --all 2>/dev/null | sed '1d; s/ .*//'
  }
  """#
