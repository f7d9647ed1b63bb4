extension MemoryTables {
  /// All that is in the store, to compare one moment with another, or to go back to it.
  public struct Everything: Hashable, Sendable {
    fileprivate var tables: [[[UInt8]]?]
  }

  public var everything: Everything {
    get {
      Everything(tables: contents.tables.map { $0.map { $0.flatMap { [$0.key, $0.value] } } })
    }
    set {
      contents.tables = newValue.tables.map { flat in
        flat.map { flat in
          stride(from: 0, to: flat.count, by: 2).map {
            Entry(key: flat[$0], value: flat[$0 + 1])
          }
        }
      }
      contents.revision += 1
    }
  }
}
