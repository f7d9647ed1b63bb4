import Foundation
import Testing

@testable import QueueCommands

/// The completion scripts, in the shells they are for.
@Suite struct CompletionTests {
  /// Lines that are being typed, and a word that must be offered or must not.
  struct Typed: CustomTestStringConvertible {
    var line: String
    var offers: String
    var isOffered = true
    var testDescription: String { line }
  }

  static let typed = [
    Typed(line: "q-work --max-", offers: "--max-attempts"),
    Typed(line: "q-work --workers 4 --max-", offers: "--max-attempts"),
    Typed(line: "q-work --quiet --max-", offers: "--max-attempts"),
    Typed(line: "q-work ./handler --max-", offers: "--max-attempts", isOffered: false),
    Typed(line: "q-work ech", offers: "echo"),
    Typed(line: "q-work --store sub", offers: "subdirectory/"),
    Typed(line: "q-enqueue subf", offers: "subfile"),
    Typed(line: "q-stats ", offers: "help", isOffered: false),
    Typed(line: "q-list fai", offers: "failed"),
    Typed(line: "q-remove --status do", offers: "done"),
    Typed(line: "q-stats --queue err", offers: "errors"),
    Typed(line: "q-list --store subdirectory/other --queue ", offers: "mail"),
    Typed(line: "q-list --store subdirectory/other --queue ", offers: "errors", isOffered: false),
    Typed(line: "q-work -s subdirectory/other -q ", offers: "mail"),
    Typed(line: "q-list --store subdirectory/none --queue ", offers: "mail", isOffered: false),
    Typed(line: "q-check --que", offers: "--queue", isOffered: false),
    Typed(line: "q pause -q ", offers: "errors"),
    Typed(line: "q ", offers: "enqueue"),
    Typed(line: "q wo", offers: "work"),
    Typed(line: "q work --max-", offers: "--max-attempts"),
    Typed(line: "q work ./handler --max-", offers: "--max-attempts", isOffered: false),
    Typed(line: "q enqueue subf", offers: "subfile"),
    Typed(line: "q help wo", offers: "work"),
    Typed(line: "q help --completions fi", offers: "fish"),
  ]

  /// A shell with two files to complete, two stores with a queue each, and the scripts of all commands as installed ones.
  private func shell(_ kind: CompletionScript) throws -> Shell {
    let shell = try Shell()
    try shell.run("mkdir subdirectory scripts; touch subfile")
    try shell.run("echo a | q-enqueue -q errors; echo a | q-enqueue -s subdirectory/other -q mail")
    for verb in Commands.all.map({ $0.verb }) {
      let made = try shell.run("q help --completions \(kind) \(verb) > scripts/_q-\(verb)")
      #expect(made.status == 0 && made.error == "")
    }
    #expect(try shell.says("q help --completions \(kind) > scripts/_q") == "=> 0")
    return shell
  }

  @Test(arguments: typed)
  func `bash offers what fits`(typed: Typed) throws {
    let shell = try shell(.bash)
    let words = typed.line.split(separator: " ", omittingEmptySubsequences: false)
    try """
    set -u
    for file in scripts/*; do source "$file"; done
    COMP_WORDS=(\(words.map { "'\($0)'" }.joined(separator: " "))); COMP_CWORD=\(words.count - 1)
    complete -p \(words[0]) >&2
    ${1}
    for word in "${COMPREPLY[@]}"; do if [[ -d $word ]]; then word+=/; fi; echo "$word"; done
    """.write(toFile: "\(shell.directory)/complete", atomically: true, encoding: .utf8)
    let function = words[0].replacing("-", with: "_")
    let offered = try shell.run("bash --norc complete _\(function)")
    #expect(offered.error == "complete -F _\(function) \(words[0])\n")
    #expect(
      offered.output.split(separator: "\n").contains(Substring(typed.offers)) == typed.isOffered)
  }

  @Test(arguments: typed)
  func `fish offers what fits`(typed: Typed) throws {
    let shell = try shell(.fish)
    let offered = try shell.run(
      "HOME=$PWD fish --no-config -c 'for file in scripts/*; source $file; end; "
        + "complete -C \"\(typed.line)\"'")
    #expect(offered.status == 0 && offered.error == "")
    let words = offered.output.split(separator: "\n").map { $0.prefix { $0 != "\t" } }
    #expect(words.contains(Substring(typed.offers)) == typed.isOffered)
  }

  @Test(arguments: [
    "q-work -- tool --al", "q-work tool --al", "q-work -j 4 --quiet -- tool --al",
    "q work --workers=4 -- tool --al",
  ])
  func `fish offers what the program behind q-work takes`(line: String) throws {
    let shell = try shell(.fish)
    let offered = try shell.run(
      "HOME=$PWD fish --no-config -c 'complete -c tool -l almost; "
        + "for file in scripts/*; source $file; end; complete -C \"\(line)\"'")
    #expect(offered.output == "--almost\n" && offered.status == 0)
  }

  /// zsh completes only on a terminal: one of its own, on which the line and a TAB are typed. What
  /// is offered to `compadd` is written down.
  @Test(arguments: typed)
  func `zsh offers what fits`(typed: Typed) throws {
    let shell = try shell(.zsh)
    try """
    fpath=($PWD/scripts $fpath)
    autoload -Uz compinit && compinit -u -d $PWD/dump
    compadd() {
      local -a kept; local word
      if (( ${@[(I)-[OAD]]} )); then builtin compadd "$@"; return; fi
      builtin compadd -A kept "$@"
      for word in $kept; do [[ -d $word ]] && word+=/; print -r -- "$word" >> $PWD/offered; done
      builtin compadd "$@"
    }
    show() { print end >> $PWD/end; }
    zle -N show; bindkey '^Xs' show; bindkey '^I' complete-word
    LISTMAX=0; unsetopt BEEP
    """.write(toFile: "\(shell.directory)/start", atomically: true, encoding: .utf8)
    try """
    zmodload zsh/zpty
    zpty terminal zsh -f -i
    zpty -w terminal 'source ./start 2> errors; print > ready'
    repeat 600; do [[ -e ready ]] && break; sleep 0.05; done
    zpty -w -n terminal $'\(typed.line)\\t\\C-Xs'
    repeat 600; do [[ -e end ]] && break; sleep 0.05; done
    cat errors offered 2> /dev/null
    [[ -e end ]]
    """.write(toFile: "\(shell.directory)/drive", atomically: true, encoding: .utf8)
    let offered = try shell.run("zsh -f drive")
    #expect(offered.status == 0)
    let words = offered.output.split(separator: "\n").map { $0.hasSuffix("=") ? $0.dropLast() : $0 }
    #expect(words.contains(Substring(typed.offers)) == typed.isOffered, "\(offered.output)")
  }
}
