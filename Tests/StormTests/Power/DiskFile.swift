/// One file as a disk has it: what is durable for certain, and all that was written since, none of
/// which need be there.
///
/// The model. The unit is the page of 4,096 bytes: the system writes back whole pages, when and in
/// the order it likes. Of a page that was written k times since its last sync the disk has the state
/// before or after any of these writes, independently of all other pages; a page that was not synced
/// may also be torn, each sector of 512 bytes in another of these states. A sector is atomic, which
/// is what LMDB builds on: its meta page lies in the first sector of its page. The length is data of
/// its own, any of those since the last sync, whatever pages are there. A page that was never durable
/// may hold garbage instead: on ext4 with data=writeback it may be another file's.
///
/// Stricter than ext4 in its default mode, which writes data before the length that covers it. Not
/// modelled: disks that lie about flushes, or destroy what they were not writing.
struct DiskFile {
  static let pageSize = 4096
  static let sectorSize = 512

  /// A state, and the number of the event that made it.
  private struct Version<State> {
    var event: Int
    var state: State
  }

  private var durable: [UInt8] = []
  /// What the system shows, synced or not.
  private var current: [UInt8] = []
  private var pages: [Int: [Version<[UInt8]>]] = [:]
  private var lengths: [Version<Int>] = []

  /// A file with these contents, durable.
  init(_ contents: [UInt8] = []) { (durable, current) = (contents, contents) }

  /// How many pages are not synced.
  var pendingPages: Int { pages.count }

  mutating func write(_ bytes: [UInt8], at offset: Int, event: Int) {
    guard !bytes.isEmpty else { return }
    if offset + bytes.count > current.count { setLength(offset + bytes.count, event: event) }
    current.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    for page in offset / Self.pageSize...(offset + bytes.count - 1) / Self.pageSize {
      pages[page, default: []].append(Version(event: event, state: Self.page(page, of: current)))
    }
  }

  mutating func setLength(_ length: Int, event: Int) {
    let old = current.count
    guard length != old else { return }
    current = Self.resized(current, to: length)
    lengths.append(Version(event: event, state: length))
    guard length < old else { return }
    for page in length / Self.pageSize...(old - 1) / Self.pageSize {
      pages[page, default: []].append(Version(event: event, state: Self.page(page, of: current)))
    }
  }

  /// A sync ended that had begun after `event` events: what had happened by then is durable.
  /// `only`: of these pages.
  mutating func sync(until event: Int, only range: ClosedRange<Int>? = nil) {
    if let last = lengths.last(where: { $0.event < event }) {
      durable = Self.resized(durable, to: last.state)
      lengths.removeAll { $0.event < event }
    }
    for (page, versions) in pages where range?.contains(page) ?? true {
      guard let last = versions.last(where: { $0.event < event }) else { continue }
      put(last.state, at: page, into: &durable)
      let left = versions.filter { $0.event >= event }
      pages[page] = left.isEmpty ? nil : left
    }
  }

  static func pages(from offset: Int, count: Int) -> ClosedRange<Int> {
    offset / pageSize...max(offset + count - 1, offset) / pageSize
  }

  /// The file as a disk may have it.
  func rebuilt(by choice: inout CutChoice) -> [UInt8] {
    let length = choice.version(of: lengths.count).map { lengths[$0].state } ?? durable.count
    var bytes = Self.resized(durable, to: length)
    for (number, versions) in pages.sorted(by: { $0.key < $1.key }) {
      let isNew = number * Self.pageSize >= durable.count
      let before =
        isNew && choice.leavesGarbage()
        ? choice.garbage(Self.pageSize) : Self.page(number, of: durable)
      let states = [before] + versions.map(\.state)
      let chosen = (choice.page(of: versions.count) ?? -1) + 1
      guard choice.tears() else {
        put(states[chosen], at: number, into: &bytes)
        continue
      }
      var torn = states[chosen]
      for sector in stride(from: 0, to: Self.pageSize, by: Self.sectorSize) {
        let range = sector..<sector + Self.sectorSize
        torn.replaceSubrange(range, with: choice.any(of: states)[range])
      }
      put(torn, at: number, into: &bytes)
    }
    return bytes
  }

  /// As far as the file reaches.
  private func put(_ state: [UInt8], at page: Int, into bytes: inout [UInt8]) {
    let start = page * Self.pageSize
    guard start < bytes.count else { return }
    let end = min(start + Self.pageSize, bytes.count)
    bytes.replaceSubrange(start..<end, with: state[..<(end - start)])
  }

  private static func page(_ number: Int, of bytes: [UInt8]) -> [UInt8] {
    let start = min(number * pageSize, bytes.count)
    return resized(Array(bytes[start..<min(start + pageSize, bytes.count)]), to: pageSize)
  }

  private static func resized(_ bytes: [UInt8], to length: Int) -> [UInt8] {
    length <= bytes.count
      ? Array(bytes[..<length]) : bytes + [UInt8](repeating: 0, count: length - bytes.count)
  }
}
