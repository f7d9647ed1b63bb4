/// Room for the bytes of one transaction: given in pieces, taken back together.
final class Arena {
  private static let block = 64 * 1024

  private var blocks: [UnsafeMutableRawBufferPointer] = []
  private var free = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  /// Bytes that were given.
  private(set) var used = 0

  deinit { for block in blocks { block.deallocate() } }

  /// A copy that stays until ``clear()``.
  func copy(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    if free.count <= bytes.count {
      free = .allocate(byteCount: max(Self.block, bytes.count + 1), alignment: 1)
      blocks.append(free)
    }
    used += bytes.count
    let room = UnsafeMutableRawBufferPointer(rebasing: free[..<bytes.count])
    room.copyMemory(from: bytes)
    free = UnsafeMutableRawBufferPointer(rebasing: free[bytes.count...])
    return UnsafeRawBufferPointer(room)
  }
}
