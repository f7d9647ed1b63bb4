import QueueCore

extension Upstream {
  /// What feeds the queue directly, with commas in between; nil when nothing does.
  var feederNames: String? {
    feeders.isEmpty ? nil : feeders.map(\.text).joined(separator: ",")
  }

  /// What is said of it behind what is said of the queue.
  var words: String {
    guard items > 0 else { return "" }
    let names = unfinished.map(\.text).joined(separator: ", ")
    return "; \(items.grouped) in what feeds it: \(names)"
  }
}
