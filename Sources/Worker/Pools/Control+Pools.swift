import QueueCore

extension Control {
  /// Throws when a value is to rest of a pool that is not there.
  func checkPools(_ pools: [Pool]) throws(Invalid) {
    let strange = poolRests.filter { rest in !pools.contains { $0.name == rest.key } }
    guard let first = strange.min(by: { $0.value.line < $1.value.line }) else { return }
    let names = pools.map(\.name).joined(separator: ", ")
    throw Invalid(
      line: first.value.line,
      "no such pool: \(first.key.prefix(40)): "
        + (pools.isEmpty ? "q-work has none: see --pool" : "q-work has \(names)"))
  }
}
