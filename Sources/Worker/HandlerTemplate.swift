import QueueCore

/// The handler's arguments with places for the id: `{}` anywhere, or the id behind all of them.
package struct HandlerTemplate: Sendable {
  private enum Argument: Sendable {
    case fixed(Int)
    case pieces([[UInt8]])
  }

  private let arguments: [Argument]
  private let appendsID: Bool

  /// The words of the command line from the handler's name on.
  package init(_ words: [[UInt8]]) {
    var found = false
    var arguments: [Argument] = []
    for (index, word) in words.enumerated() {
      let pieces = index == 0 ? [word] : Self.split(word)
      if pieces.count > 1 {
        found = true
        arguments.append(.pieces(pieces))
      } else {
        arguments.append(.fixed(index))
      }
    }
    self.arguments = arguments
    appendsID = !found
  }

  /// Puts the arguments of one run into `target`.
  func fill(_ target: inout ProgramArguments, id: ItemID) {
    target.reset(withArguments: appendsID)
    guard !appendsID else { return target.append(argument: id.bytes) }
    for argument in arguments {
      switch argument {
      case .fixed(let index): target.appendShared(index)
      case .pieces(let pieces): target.append(argument: Array(pieces.joined(separator: id.bytes)))
      }
    }
  }

  /// The text between the places for the id.
  private static func split(_ word: [UInt8]) -> [[UInt8]] {
    var pieces: [[UInt8]] = [[]]
    var index = 0
    while index < word.count {
      if word[index...].starts(with: "{}".utf8) {
        pieces.append([])
        index += 2
      } else {
        pieces[pieces.count - 1].append(word[index])
        index += 1
      }
    }
    return pieces
  }

  /// Whether the handler is a shell whose `-c` text has a place for the id: the id would be run as
  /// code.
  package static func isShellInjection(_ words: [[UInt8]]) -> Bool {
    let shells: Set<String> = [
      "sh", "bash", "dash", "zsh", "ksh", "mksh", "ash", "fish", "busybox",
    ]
    guard let name = words.first?.split(separator: UInt8(ascii: "/")).last,
      shells.contains(String(decoding: name, as: UTF8.self)),
      let option = words.firstIndex(where: { word in
        word.first == UInt8(ascii: "-") && word.dropFirst().first != UInt8(ascii: "-")
          && word.contains(UInt8(ascii: "c"))
      })
    else { return false }
    // More options may stand between -c and the text: bash -c -e TEXT.
    for word in words[(option + 1)...] {
      if split(word).count > 1 { return true }
      if ![UInt8(ascii: "-"), UInt8(ascii: "+")].contains(word.first) { return false }
    }
    return false
  }
}
