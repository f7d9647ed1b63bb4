import CLMDB
import Glibc

/// What a process does when a damaged data file makes LMDB fault.
///
/// LMDB follows what stands in its map. Where a damaged page leads beyond the end of the file, or has
/// LMDB take a value for a tree, there is no error to return: the system sends SIGBUS or SIGSEGV, or
/// LMDB asserts. Of 100 commands on a store with bytes changed at random 2 to 3 ended so.
public enum DamageExit {
  /// Standard error's last words, and the status to exit with.
  public struct Words: Sendable {
    var message: StaticBytes
    var status: Int32

    /// The message is kept for good, and should end with a newline.
    public init(_ message: String, status: Int32) {
      self.message = StaticBytes(message)
      self.status = status
    }
  }

  /// From now on the process ends with `damaged` when an address in the map of a data file faults
  /// and when LMDB asserts. Where any other address faults it says `unclear`, and the fault has its course, a
  /// core and a trace: that is a defect of the program, unless damage has led LMDB out of its map.
  public static func install(damaged: Words, unclear: String) {
    (self.damaged, self.unclear) = (damaged, StaticBytes(unclear))
    // Where there is no memory opening says so; Swift's own allocation would end the process.
    let space = malloc(256 << 10)
    maps = UnsafeMutableRawBufferPointer(start: space, count: space == nil ? 0 : 256 << 10)
    // Whoever asks Swift for backtraces is after a defect.
    guard getenv("SWIFT_BACKTRACE") == nil else { return }
    for signal in [SIGBUS, SIGSEGV] {
      var action = sigaction()
      action.sa_flags = SA_SIGINFO
      action.__sigaction_handler.sa_sigaction = { signal, information, _ in
        let address = information?.pointee._sifields._sigfault.si_addr
        if DamageExit.isDataFile(UInt(bitPattern: address)) { DamageExit.end() }
        DamageExit.die(of: signal)
      }
      sigaction(signal, &action, nil)
    }
  }

  /// Ends the process where LMDB would abort, if that is asked for.
  static func watch(_ environment: OpaquePointer) {
    guard damaged != nil else { return }
    mdb_env_set_assert(environment) { _, _ in DamageExit.end() }
  }

  // Written by install(), before there is a map; read by signal handlers, which can take no lock.
  nonisolated(unsafe) private static var damaged: Words?
  nonisolated(unsafe) private static var unclear: StaticBytes?
  nonisolated(unsafe) private static var maps = UnsafeMutableRawBufferPointer(start: nil, count: 0)

  /// Plain system calls only: this may be inside a signal handler.
  private static func end() -> Never {
    guard let damaged else { _exit(128 + SIGABRT) }
    _ = write(STDERR_FILENO, damaged.message.start, damaged.message.count)
    _exit(damaged.status)
  }

  /// Gives the signal its usual effect, which it has as soon as its handler returns, at the place of the
  /// fault.
  private static func die(of number: Int32) {
    if let unclear { _ = write(STDERR_FILENO, unclear.start, unclear.count) }
    signal(number, SIG_DFL)
    raise(number)
  }

  /// Whether the address lies in a map of a file named data.mdb.
  private static func isDataFile(_ address: UInt) -> Bool {
    guard let base = maps.baseAddress else { return false }
    let file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return false }
    var count = 0
    while count < maps.count {
      let got = read(file, base + count, maps.count - count)
      if got <= 0 { break }
      count += got
    }
    close(file)
    // Lines like "7f0000000000-7f0000001000 r--s 00000000 fe:00 42   /a/b/data.mdb".
    var place = 0
    while place < count {
      let start = hexadecimal(&place, count)
      place += 1
      let end = hexadecimal(&place, count)
      var last = place
      while last < count, maps[last] != UInt8(ascii: "\n") { last += 1 }
      if start <= address, address < end { return endsWithName(last) }
      place = last + 1
    }
    return false
  }

  private static func hexadecimal(_ place: inout Int, _ count: Int) -> UInt {
    var value: UInt = 0
    while place < count {
      switch maps[place] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        value = value << 4 | UInt(maps[place] - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"):
        value = value << 4 | UInt(maps[place] - UInt8(ascii: "a") + 10)
      default: return value
      }
      place += 1
    }
    return value
  }

  private static func endsWithName(_ end: Int) -> Bool {
    let name: StaticString = "/data.mdb"
    guard end >= name.utf8CodeUnitCount, let base = maps.baseAddress else { return false }
    let start = end - name.utf8CodeUnitCount
    return memcmp(base + start, name.utf8Start, name.utf8CodeUnitCount) == 0
  }
}

/// Bytes that are there as long as the process.
///
/// @unchecked Sendable: nobody writes to them.
struct StaticBytes: @unchecked Sendable {
  let start: UnsafeRawPointer
  let count: Int

  init(_ text: String) {
    let bytes = Array(text.utf8)
    let copy = UnsafeMutableRawPointer.allocate(byteCount: max(bytes.count, 1), alignment: 1)
    copy.copyMemory(from: bytes, byteCount: bytes.count)
    (start, count) = (UnsafeRawPointer(copy), bytes.count)
  }
}
