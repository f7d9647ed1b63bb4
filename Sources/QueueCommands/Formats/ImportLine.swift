import FoundationEssentials
import QueueCore

/// A line that q-import reads; see ``ExportLines``. Members that it does not know are passed over.
enum ImportLine {
  /// The first line: which form the others have.
  case head(version: Int)
  case queue(StoredQueue)
  case group(QueueName, GroupName, GroupSettings)
  case item(QueueName, StoredItem)
  case pruned(QueueName, StoredID)
  case batch(BatchName, isSealed: Bool, items: UInt64?)
  /// The last line: how many items there were.
  case end(UInt64)

  /// Reads a line; `queue` is that of whoever names none, `now` the moment of what says none.
  init(_ line: ArraySlice<UInt8>, queue: QueueName, now: Timestamp) throws(BadLine) {
    let object: Object
    do {
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      object = try decoder.decode(Object.self, from: Data(line))
    } catch {
      throw BadLine(why: Self.words(error))
    }
    if let version = object.qExport {
      self = .head(version: version)
    } else if let count = object.qExportEnd {
      self = .end(count)
    } else if let found = object.queue {
      self = .queue(try found.queue())
    } else if let found = object.item {
      self = .item(try ImportedValue.name(found.queue, queue), try found.item(now))
    } else if let found = object.group {
      self = try found.group(queue)
    } else if let found = object.pruned {
      self = .pruned(try ImportedValue.name(found.queue, queue), try found.stored())
    } else if let found = object.batch {
      let name = try ImportedValue.bytes(found.name, found.nameB64, "name")
      self = .batch(
        try ImportedValue.given(name.flatMap { BatchName($0) }, "a batch's name"),
        isSealed: found.sealed ?? false, items: found.items)
    } else {
      throw BadLine(
        why: "it is none of queue, item, group, pruned and batch: is it from q-export?")
    }
  }

  /// A line's object, as it stands there.
  private struct Object: Decodable {
    var qExport: Int?
    var qExportEnd: UInt64?
    var queue: ImportedQueue?
    var item: ImportedItem?
    var group: ImportedGroup?
    var pruned: ImportedID?
    var batch: ImportedBatch?
  }

  private struct ImportedBatch: Decodable {
    var name: String?
    var nameB64: String?
    var sealed: Bool?
    var items: UInt64?
  }

  private struct ImportedID: Decodable {
    var queue: String?
    var id: String?
    var idB64: String?
    var status: String?
    var fingerprint: String?

    func stored() throws(BadLine) -> StoredID {
      let id = try ImportedValue.bytes(id, idB64, "id")
      let status = status.flatMap(Status.init(rawValue:)) ?? .done
      guard status == .done || status == .failed else {
        throw BadLine(why: "what was pruned was done or failed")
      }
      let fingerprint = fingerprint.flatMap { Data(base64Encoded: $0) }.map(Array.init) ?? []
      guard fingerprint.count == 16 else {
        throw BadLine(why: "a fingerprint is 16 bytes in base 64")
      }
      return StoredID(
        try ImportedValue.given(id.flatMap { ItemID($0) }, "an id"), status,
        fingerprint: fingerprint)
    }
  }

  private struct ImportedGroup: Decodable {
    var queue: String?
    var name: String?
    var nameB64: String?
    var limit: UInt32?
    var rate: String?

    func group(_ queue: QueueName) throws(BadLine) -> ImportLine {
      var settings = GroupSettings()
      if limit == 0 { throw BadLine(why: "a group's limit is a number from 1 on") }
      settings.limit = limit
      if let rate {
        settings.rate = try ImportedValue.given(RateArgument(argument: rate), "a rate").rate
      }
      let name = try ImportedValue.bytes(name, nameB64, "name")
      return .group(
        try ImportedValue.name(self.queue, queue),
        try ImportedValue.given(name.flatMap { GroupName($0) }, "a group's name"), settings)
    }
  }

  private static func words(_ error: any Error) -> String {
    switch error as? DecodingError {
    case .typeMismatch(_, let context)?, .valueNotFound(_, let context)?:
      let path = context.codingPath.map(\.stringValue).joined(separator: ".")
      return "\(path.isEmpty ? "the line" : path) is of another kind than it can be"
    default: return "it is not a JSON object"
    }
  }
}
