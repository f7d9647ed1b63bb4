import QueueCore

extension Control {
  /// What was said of single claims, by their places among those of the run. Throws when an id is not
  /// among them, or the run cannot say such things.
  func places(
    among claims: [Claim], _ shape: HandlerShape
  ) throws(Invalid) -> [Int: UInt8] {
    guard !results.isEmpty else { return [:] }
    let first = results.values.map(\.line).min() ?? 1
    guard case .many = shape else {
      throw Invalid(line: first, "result is for runs of many items: see -n")
    }
    var places: [Int: UInt8] = [:]
    for (place, claim) in claims.enumerated() {
      if let result = results[claim.id] { places[place] = result.status }
    }
    guard places.count == results.count else {
      let own = Set(claims.map(\.id))
      let strange = results.filter { !own.contains($0.key) }.min { $0.value.line < $1.value.line }
      let name = strange.map { VisibleText.id($0.key) } ?? ""
      throw Invalid(
        line: strange?.value.line ?? first,
        "a result for an item that this run does not carry: \(name)")
    }
    return places
  }
}
