import OrderedStore
import QueueCore

/// What stays known of items that were pruned, and by what recipes items have ended.
extension WriteSession {
  /// Has the id of an item lead to what is known of it when it is gone.
  mutating func forget(_ id: [UInt8], of key: ItemKey, _ pruned: PrunedID) throws {
    try withBytes(id) {
      try IDIndex(reading: reading).change(
        $0, in: key.queue, from: .item(key), to: .pruned(pruned), transaction)
    }
    try update(key.queue) { $0.pruned += 1 }
  }

  /// Forgets an id whose item was pruned; false when there is no such.
  mutating func forgetPruned(_ id: [UInt8], in queue: UInt32) throws -> Bool {
    guard let pruned = try reading.pruned(id, in: queue) else { return false }
    try withBytes(id) {
      try IDIndex(reading: reading).remove($0, in: queue, of: .pruned(pruned), from: transaction)
    }
    try lowerPruned(of: queue)
    return true
  }

  /// One id less is known of a pruned item. A count that would fall below zero is for the audit to find.
  mutating func lowerPruned(of queue: UInt32) throws {
    try update(queue) { if $0.pruned > 0 { $0.pruned -= 1 } }
  }

  /// Notes by what recipe items have ended, and forgets it of those that go on or away.
  mutating func note(recipesOf moves: [ItemMove], of queue: UInt32) throws {
    var hasRecipes = try self.queue(queue).hasRecipes
    // By their places: each look at a whole move would copy it.
    for place in moves.indices {
      if moves[place].change.isEnd, let recipe = moves[place].recipe {
        if !hasRecipes { try update(queue) { $0.hasRecipes = true } }
        hasRecipes = true
        try moves[place].key.withBytes { key in
          try withBytes(Array(recipe.text.utf8)) {
            try transaction.put($0, for: key, in: .recipes)
          }
        }
      } else if hasRecipes, moves[place].change.effects.output == .goes {
        _ = try moves[place].key.withBytes { try transaction.delete($0, in: .recipes) }
      }
    }
  }
}

extension StoreReading {
  /// What is known of an id whose item was pruned; nil when there is nothing, or an item.
  func pruned(_ id: [UInt8], in queue: UInt32) throws -> PrunedID? {
    let found = try withBytes(id) { try IDIndex(reading: self).look(for: $0, in: queue) }
    guard case .pruned(let pruned)? = found?.known else { return nil }
    return pruned
  }

  /// By what recipe an item has ended; nil when by none.
  func recipe(of key: ItemKey) throws -> Recipe? {
    guard has(.recipes) else { return nil }
    return try key.withBytes { bytes in
      guard let text = try transaction.value(for: bytes, in: .recipes) else { return nil }
      guard let recipe = Recipe(String(decoding: text, as: UTF8.self)) else {
        throw StoreError.unsound("an item has ended by a recipe that is none")
      }
      return recipe
    }
  }
}
