import OrderedStore
import QueueCore

/// What a transaction emits, by queue and priority, in the order in which these came first.
struct Emissions {
  private struct Place: Hashable {
    var queue: QueueName
    var priority: UInt8
  }

  private var places: [Place: Int] = [:]
  private(set) var batches: [(queue: QueueName, priority: UInt8, batch: ItemBatch)] = []
  /// Which queues' items emit into which.
  private(set) var edges: Set<Edge> = []

  struct Edge: Hashable {
    var from: UInt32
    var to: QueueName
  }

  /// Adds what an item emits.
  mutating func add(_ emitted: [Emission], of parent: ItemKey) {
    for emission in emitted {
      let place = Place(queue: emission.queue, priority: parent.priority)
      let index = places[place] ?? batches.count
      if index == batches.count {
        places[place] = index
        batches.append((place.queue, place.priority, ItemBatch()))
      }
      batches[index].batch.append(id: emission.id.bytes, payload: emission.payload)
      edges.insert(Edge(from: parent.queue, to: emission.queue))
    }
  }

  /// Throws `.limit` when an item emits more than it may.
  static func refuseTooMany(_ emitted: [Emission]) throws(StoreError) {
    if !Emission.areFew(emitted) {
      throw StoreError(
        .limit,
        "an item emits \(emitted.count) others, of over \(Emission.maximumCount) or "
          + "\(Emission.maximumBytes >> 20) MiB: let it fail")
    }
  }
}

extension WriteSession {
  /// Enters what items emit that are done now.
  mutating func emit(_ emissions: Emissions) throws -> EnqueueResult {
    var sum = EnqueueResult(enqueued: 0, duplicates: 0)
    for (queue, priority, batch) in emissions.batches {
      var entry = BatchEntry(batch, priority: priority, until: nil)
      repeat {
        sum += try entry.enter(into: queue, &self, stride: 4_000) { false }
      } while !entry.isComplete
    }
    for edge in emissions.edges {
      if let to = try queueNumber(of: edge.to) { try note(Feed(from: edge.from, to: to)) }
    }
    return sum
  }
}

extension Settled {
  /// Whether it has made the item done.
  var isDone: Bool { if case .moved(.done) = self { true } else { false } }
}

extension LeaseAnswer {
  /// Whether it has made the item done.
  var isDone: Bool { if case .moved(.done) = self { true } else { false } }
}
