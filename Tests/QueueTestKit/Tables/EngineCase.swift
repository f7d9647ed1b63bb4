public import OrderedStore
import QueueCore
public import Testing

/// One sentence of the contract of ``OrderedStore``, tried on an engine's empty table.
public struct EngineCase: Sendable, CustomTestStringConvertible {
  public let testDescription: String
  private let body: @Sendable (EngineBench) throws -> Void

  private init(_ sentence: String, _ body: @escaping @Sendable (EngineBench) throws -> Void) {
    (testDescription, self.body) = (sentence, body)
  }

  /// Tries it on a store and one of its tables, which nobody else uses.
  public func run(on store: any OrderedStore, _ table: Table) throws {
    try body(EngineBench(store: store, table: table))
  }

  /// Those of a table that the store lacks.
  public static let making = [
    EngineCase("a table that is missing says so, whatever is asked of it") { bench in
      for call in 0..<3 {
        let failure = #expect(throws: StoreError.self) {
          try bench.store.read { reading throws in
            switch call {
            case 0: _ = try reading.bytes(for: [1], in: bench.table)
            case 1: _ = try reading.count(bench.table)
            default: try bench.scan(reading) { _, _ in true }
            }
          }
        }
        #expect(failure?.code == .unsound)
      }
      let failure = #expect(throws: StoreError.self) {
        try bench.write { try $0.put([1], for: [1], in: bench.table) }
      }
      #expect(failure?.code == .unsound)
    },
    EngineCase("a table is made in a transaction, used in it and by all that follow") { bench in
      try bench.write { writing throws in
        try writing.make(bench.table)
        #expect(try writing.count(bench.table) == 0)
        try writing.put([9], for: [1], in: bench.table)
        try writing.make(bench.table)
        #expect(try writing.bytes(for: [1], in: bench.table) == [9])
      }
      #expect(try bench.keys() == [[1]])
      try bench.write { writing throws in
        try writing.make(bench.table)
        try writing.put([8], for: [2], in: bench.table)
      }
      #expect(try bench.keys() == [[1], [2]])
    },
    EngineCase("a table that was made by a body that throws is missing, and can be made") { bench in
      for _ in 0..<3 {
        #expect(throws: StoreError.self) {
          try bench.write { writing throws in
            try writing.make(bench.table)
            try writing.put([1], for: [1], in: bench.table)
            throw StoreError(.limit, "no")
          }
        }
        let failure = #expect(throws: StoreError.self) { _ = try bench.keys() }
        #expect(failure?.code == .unsound)
      }
      try bench.write { writing throws in
        try writing.make(bench.table)
        #expect(try writing.count(bench.table) == 0)
      }
      #expect(try bench.keys() == [])
    },
  ]

  public static let all = [
    EngineCase("entries come in the order of their bytes, from any key on") { bench in
      let keys: [[UInt8]] = [[0], [0, 0], [1, 255], [2], [127], [128], [255], [255, 255]]
      try bench.write { writing throws in
        for key in keys.shuffled() { try writing.put(key + [9], for: key, in: bench.table) }
      }
      #expect(try bench.keys() == keys)
      for key in keys {
        #expect(try bench.keys(from: key) == keys.filter { !$0.lexicographicallyPrecedes(key) })
      }
      #expect(try bench.keys(from: [1]) == Array(keys[2...]))
      #expect(try bench.keys(from: [255, 255, 0]) == [])
    },
    EngineCase("a scan ends when it is told to") { bench in
      try bench.write { writing throws in
        for key in UInt8(1)...9 { try writing.put([], for: [key], in: bench.table) }
      }
      var seen = 0
      try bench.store.read { reading in
        try bench.scan(reading) { _, _ in
          seen += 1
          return seen < 3
        }
      }
      #expect(seen == 3)
    },
    EngineCase("a transaction sees what it has done") { bench in
      try bench.write { writing throws in
        try writing.put([1], for: [7], in: bench.table)
        #expect(try writing.bytes(for: [7], in: bench.table) == [1])
        try writing.put([2, 3], for: [7], in: bench.table)
        #expect(try writing.bytes(for: [7], in: bench.table) == [2, 3])
        #expect(try writing.count(bench.table) == 1)
        #expect(try writing.delete([7], in: bench.table))
        #expect(try !writing.delete([7], in: bench.table))
        #expect(try writing.bytes(for: [7], in: bench.table) == nil)
      }
      #expect(try bench.keys() == [])
    },
    EngineCase("an insert gives what is there, and changes nothing then") { bench in
      try bench.write { writing throws in
        #expect(try bench.insert([1], for: [5], writing) == nil)
        #expect(try bench.insert([2], for: [5], writing) == [1])
        #expect(try writing.bytes(for: [5], in: bench.table) == [1])
        #expect(try bench.insert([], for: [6], writing) == nil)
        #expect(try bench.insert([2], for: [6], writing) == [])
      }
    },
    EngineCase("a body that throws has done nothing") { bench in
      try bench.write { try $0.put([1], for: [1], in: bench.table) }
      let failure = #expect(throws: StoreError.self) {
        try bench.write { writing throws in
          try writing.put([2], for: [1], in: bench.table)
          try writing.put([2], for: [2], in: bench.table)
          throw StoreError(.limit, "no")
        }
      }
      #expect(failure?.code == .limit)
      #expect(try bench.keys() == [[1]])
      #expect(try bench.store.read { try $0.bytes(for: [1], in: bench.table) } == [1])
    },
    EngineCase("a snapshot does not change, and its number tells it from another") { bench in
      try bench.write { try $0.put([1], for: [1], in: bench.table) }
      let first = try bench.store.read { $0.revision }
      #expect(try bench.store.read { $0.revision } == first && bench.store.revision == first)
      let written = try bench.write { writing throws in
        try writing.put([2], for: [1], in: bench.table)
        return writing.revision
      }
      #expect(try bench.store.read { $0.revision } == written && written > first)
    },
    EngineCase("keys of 511 bytes and values of a megabyte are kept") { bench in
      let key = [UInt8](repeating: 3, count: 511)
      let value = [UInt8](repeating: 4, count: 1 << 20)
      try bench.write { try $0.put(value, for: key, in: bench.table) }
      #expect(try bench.store.read { try $0.bytes(for: key, in: bench.table) } == value)
    },
    EngineCase("keys that lie together are found and go, and what lies between them stays") {
      bench in
      let (all, odd) = (Array(UInt8(1)...200), (UInt8(1)...200).filter { $0 % 2 == 1 })
      func keys(_ numbers: [UInt8]) -> [[UInt8]] { numbers.map { [5, $0] } }
      func have(_ numbers: [UInt8], of hinted: [UInt8]) throws {
        try bench.write { writing throws in
          try writing.prefetch { [.near(keys(hinted), bench.table)] }
          for number in all {
            let value = numbers.contains(number) ? [number] : nil
            #expect(try writing.bytes(for: [5, number], in: bench.table) == value, "\(number)")
          }
        }
      }
      func remove(_ numbers: [UInt8]) throws {
        try bench.write { writing throws in
          try writing.prefetch { [.near(keys(numbers), bench.table)] }
          for number in numbers { try writing.delete([5, number], in: bench.table) }
        }
      }
      try bench.write { writing throws in
        for number in odd { try bench.put([number], for: [5, number], .new, writing) }
      }
      // All of a range, a tenth of one, and more than there are.
      for hinted in [odd, odd.filter { $0 % 10 == 1 }, all] { try have(odd, of: hinted) }
      let few = odd.filter { $0 % 10 == 1 }
      try remove(few)
      try have(odd.filter { $0 % 10 != 1 }, of: odd)
      let middle = odd.filter { 51...150 ~= $0 && $0 % 10 != 1 }
      try remove(middle)
      let rest = odd.filter { !(51...150 ~= $0) && $0 % 10 != 1 }
      try have(rest, of: all)
      #expect(try bench.keys(from: [5]).filter { $0[0] == 5 } == keys(rest))
    },
    EngineCase("appended entries, and what is told beforehand, are as the others") { bench in
      try bench.write { writing throws in
        for number in UInt8(1)...200 {
          try bench.put([number], for: [9, number], .last, writing)
        }
        for number in UInt8(1)...200 { try bench.put([number], for: [7, number], .new, writing) }
        try writing.prefetch { [.keys([[9, 1], [8]], bench.table)] }
        try writing.prefetch { [.entries(from: [9], limit: 3, bench.table)] }
        #expect(try writing.bytes(for: [9, 1], in: bench.table) == [1])
        #expect(try writing.bytes(for: [8], in: bench.table) == nil)
      }
      #expect(try bench.keys(from: [9]).count == 200)
      #expect(try bench.keys(from: [7]).count == 400)
      #expect(try bench.store.read { try $0.count(bench.table) } == 400)
    },
  ]
}

/// A store, a table, and short words for what is done with it.
struct EngineBench {
  let store: any OrderedStore
  let table: Table

  @discardableResult
  func write<Result>(_ body: (any OrderedWriting) throws -> Result) throws -> Result {
    try store.write(body)
  }

  func scan(
    _ reading: any OrderedReading, from key: [UInt8] = [],
    _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws -> Bool
  ) throws {
    try key.withUnsafeBytes { try reading.scan(table, from: $0, body) }
  }

  func keys(from key: [UInt8] = []) throws -> [[UInt8]] {
    var keys: [[UInt8]] = []
    try store.read { reading in
      try scan(reading, from: key) { key, _ in
        keys.append(Array(key))
        return true
      }
    }
    return keys
  }

  func insert(
    _ value: [UInt8], for key: [UInt8], _ writing: any OrderedWriting
  ) throws -> [UInt8]? {
    try key.withUnsafeBytes { key in
      try value.withUnsafeBytes { try writing.insert($0, for: key, in: table).map(Array.init) }
    }
  }

  func put(
    _ value: [UInt8], for key: [UInt8], _ hint: KeyHint, _ writing: any OrderedWriting
  ) throws {
    try key.withUnsafeBytes { key in
      try value.withUnsafeBytes { try writing.put($0, for: key, in: table, hint) }
    }
  }
}
