import OrderedStore
import QueueCore

/// What a transaction emits, by queue, priority and batch, in the order in which these came first.
struct Emissions {
  struct Place: Hashable {
    var queue: QueueName
    var priority: UInt8
    /// The batch that the items' parents belong to; 0: none.
    var batch: UInt32
  }

  private var places: [Place: Int] = [:]
  private(set) var batches: [(place: Place, items: ItemBatch)] = []
  /// Which queues' items emit into which.
  private(set) var edges: Set<Edge> = []

  struct Edge: Hashable {
    var from: UInt32
    var to: QueueName
  }

  /// Adds what an item of a batch emits; 0: it has none.
  mutating func add(_ emitted: [Emission], of parent: ItemKey, into batch: UInt32) {
    for emission in emitted {
      let place = Place(queue: emission.queue, priority: parent.priority, batch: batch)
      let index = places[place] ?? batches.count
      if index == batches.count {
        places[place] = index
        batches.append((place, ItemBatch()))
      }
      batches[index].items.append(id: emission.id.bytes, payload: emission.payload)
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
    for (place, items) in emissions.batches {
      var entry = BatchEntry(items, priority: place.priority, until: nil, inherited: place.batch)
      repeat {
        sum += try entry.enter(into: place.queue, &self, stride: 4_000) { false }
      } while !entry.isComplete
    }
    for edge in emissions.edges {
      if let to = try queueNumber(of: edge.to) { try note(Feed(from: edge.from, to: to)) }
    }
    return sum
  }
}
