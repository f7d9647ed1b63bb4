import CProcess
import Glibc

/// A page of a file that processes share: words that each of them, and each of its threads, loads and stores whole.
///
/// @unchecked Sendable: an address that never changes; what lies there is loaded and stored atomically alone.
package final class SharedPage: @unchecked Sendable {
  private static let size = 4_096
  private let words: UnsafeMutablePointer<UInt64>

  /// Maps it. Where there is no file it is made if `makes` says so, with zeros.
  package init(_ path: String, makes: Bool) throws(SystemError) {
    let flags = O_RDWR | O_NOFOLLOW | (makes ? O_CREAT : 0)
    let file = try FileDescriptor(opening: path, flags, mode: 0o600)
    // A page that a full disk has no room for would end whoever stores a word.
    let failed = posix_fallocate(file.number, 0, off_t(Self.size))
    guard failed == 0 else { throw SystemError("make room for", path, code: failed) }
    guard let mapped = mmap(nil, Self.size, PROT_READ | PROT_WRITE, MAP_SHARED, file.number, 0),
      mapped != MAP_FAILED
    else { throw SystemError("map", path) }
    words = mapped.assumingMemoryBound(to: UInt64.self)
  }

  deinit { munmap(words, Self.size) }

  /// One of its first words.
  package subscript(place: Int) -> UInt64 {
    get { qp_load(words + place) }
    set { qp_store(words + place, newValue) }
  }
}
