/// A NULL-terminated array of C strings, filled again for every run without new allocations.
///
/// Strings are bytes: ids and environment values need not be UTF-8. None may contain NUL.
struct CStringVector: ~Copyable {
  private(set) var count = 0
  private var table: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  private var capacity: Int
  /// Chunks never move, so pointers into them hold until `removeAll`.
  private var chunks: [UnsafeMutableBufferPointer<CChar>] = []
  private var used = 0

  init(capacity: Int = 16) {
    self.capacity = max(capacity, 1)
    table = .allocate(capacity: self.capacity + 1)
    table[0] = nil
  }

  deinit {
    table.deallocate()
    for chunk in chunks { chunk.deallocate() }
  }

  /// What C expects; valid until the next change.
  var pointers: UnsafePointer<UnsafeMutablePointer<CChar>?> { UnsafePointer(table) }

  /// Forgets all strings after the first `keeping`, which must be shared ones.
  mutating func removeAll(keeping: Int = 0) {
    count = keeping
    table[count] = nil
    used = 0
    guard chunks.count > 1 else { return }
    // The last is the largest: next time everything fits into it.
    for chunk in chunks.dropLast() { chunk.deallocate() }
    chunks.removeFirst(chunks.count - 1)
  }

  /// Adds a string that somebody else keeps alive.
  mutating func share(_ pointer: UnsafeMutablePointer<CChar>?) {
    if count == capacity {
      let larger = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(
        capacity: capacity * 2 + 1)
      larger.update(from: table, count: count)
      table.deallocate()
      table = larger
      capacity *= 2
    }
    table[count] = pointer
    count += 1
    table[count] = nil
  }

  /// Adds the bytes of `parts`, one after the other, as one string.
  mutating func append(_ first: [UInt8], _ second: [UInt8] = []) {
    let length = first.count + second.count
    let start = room(for: length + 1)
    copy(first, to: start)
    copy(second, to: start + first.count)
    start[length] = 0
    share(start)
  }

  private func copy(_ bytes: [UInt8], to place: UnsafeMutablePointer<CChar>) {
    bytes.withUnsafeBytes {
      UnsafeMutableRawBufferPointer(start: place, count: $0.count)
        .copyMemory(from: $0)
    }
  }

  private mutating func room(for size: Int) -> UnsafeMutablePointer<CChar> {
    if let chunk = chunks.last, let base = chunk.baseAddress, used + size <= chunk.count {
      defer { used += size }
      return base + used
    }
    let chunk = UnsafeMutableBufferPointer<CChar>.allocate(
      capacity: max(size, 2 * (chunks.last?.count ?? 512)))
    chunks.append(chunk)
    used = size
    guard let base = chunk.baseAddress else { preconditionFailure("allocate gave no address") }
    return base
  }
}
