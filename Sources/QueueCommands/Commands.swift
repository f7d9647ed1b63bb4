/// The commands behind `q`.
enum Commands {
  static let all: [any ExplainedCommand.Type] = [
    Enqueue.self, Work.self, Stats.self, List.self, Show.self, Retry.self, Remove.self, Pause.self,
    Resume.self, Wait.self, ClaimItems.self, ExtendLeases.self, SettleClaims.self, Results.self,
    Config.self, Prune.self, Compact.self, Copy.self, Export.self, Import.self, Check.self,
  ]

  /// The command of a verb or of its program's name.
  static func named(_ word: String) -> (any ExplainedCommand.Type)? {
    let verb = word.hasPrefix("q-") ? String(word.dropFirst(2)) : word
    return all.first { $0.verb == verb }
  }

  /// Why a verb is none.
  static func unknown(_ verb: String) -> String {
    let known = all.map { $0.verb }
    let meant = Nearest.verb(to: verb, among: known).map { "q \($0) may be meant" }
    return "no such command: \(verb): \(meant ?? "there are \(known.joined(separator: ", "))")"
  }
}
