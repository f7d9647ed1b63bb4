/// New items on their way into a queue: ids and payloads in one piece of memory.
///
/// A million ids in an array of arrays are a million allocations; here they are one growing buffer.
public struct ItemBatch: Sendable {
  /// The longest payload, in bytes: 16 MiB.
  public static let maximumPayload = 16 << 20

  /// Where one item lies in ``bytes``.
  public struct Entry: Sendable {
    /// Where the id begins.
    public var idStart: Int
    /// The length of the id, in bytes.
    public var idLength: Int
    /// Where the payload begins.
    public var payloadStart: Int
    /// The length of the payload in bytes; -1 when the item has none.
    public var payloadLength: Int
    /// The place of the item's group in ``ItemBatch/groups``; -1 when it has none.
    public var group: Int32 = -1
  }

  /// The ids and payloads.
  public private(set) var bytes: [UInt8] = []
  /// One entry an item, in order of arrival.
  public private(set) var entries: [Entry] = []
  /// The groups of its items, each once.
  public private(set) var groups: [GroupName] = []
  private var places: [GroupName: Int32] = [:]
  /// The batch that they are enqueued into, which is open then; nil: none.
  public var batch: BatchName?
  /// What they await, each once.
  public var after: [Prerequisite] = []
  /// What becomes of those that their queue knows.
  public var known = KnownItems()

  /// An empty batch.
  public init() {}

  /// A batch of ids without payload.
  public init(_ ids: [ItemID]) {
    for id in ids { append(id: id.bytes[...], payload: nil) }
  }

  /// The number of items.
  public var count: Int { entries.count }
  /// Whether there are no items.
  public var isEmpty: Bool { entries.isEmpty }

  /// Adds an item. The id must have the form of an ``ItemID``, the payload at most
  /// ``maximumPayload`` bytes: the reader of the input checks both, where it can name the line.
  public mutating func append(
    id: ArraySlice<UInt8>, payload: ArraySlice<UInt8>?, group: GroupName? = nil
  ) {
    let idStart = bytes.count
    bytes.append(contentsOf: id)
    let payloadStart = bytes.count
    if let payload { bytes.append(contentsOf: payload) }
    entries.append(
      Entry(
        idStart: idStart, idLength: payloadStart - idStart, payloadStart: payloadStart,
        payloadLength: payload == nil ? -1 : bytes.count - payloadStart,
        group: group.map { place(of: $0) } ?? -1))
  }

  private mutating func place(of group: GroupName) -> Int32 {
    if let place = places[group] { return place }
    let place = Int32(groups.count)
    groups.append(group)
    places[group] = place
    return place
  }

  /// Adds an item; see ``append(id:payload:group:)-(ArraySlice<UInt8>,_,_)``.
  public mutating func append(id: [UInt8], payload: [UInt8]?, group: GroupName? = nil) {
    append(id: id[...], payload: payload.map { $0[...] }, group: group)
  }

  /// The id of the item at `index`.
  public func id(at index: Int) -> ItemID {
    let entry = entries[index]
    return ItemID(unchecked: Array(bytes[entry.idStart..<entry.idStart + entry.idLength]))
  }

  /// The group of the item at `index`; nil when it has none.
  public func group(at index: Int) -> GroupName? {
    let place = entries[index].group
    return place < 0 ? nil : groups[Int(place)]
  }

  /// The payload of the item at `index`; nil when it has none.
  public func payload(at index: Int) -> [UInt8]? {
    let entry = entries[index]
    guard entry.payloadLength >= 0 else { return nil }
    return Array(bytes[entry.payloadStart..<entry.payloadStart + entry.payloadLength])
  }

  /// Empties the batch and keeps its memory, and what holds for all of its items.
  public mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    entries.removeAll(keepingCapacity: true)
    groups.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
  }
}
