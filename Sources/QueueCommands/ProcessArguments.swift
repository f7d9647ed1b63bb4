import CStart
import Glibc

/// The words that this process was called with, the first its own name: without `/proc`, from which
/// `CommandLine` takes them on Linux, and as bytes too, since they need not be UTF-8.
enum ProcessArguments {
  static let bytes: [[UInt8]] = {
    var count: Int32 = 0
    var words = cstart_arguments(&count)
    if words == nil { (words, count) = (CommandLine.unsafeArgv, CommandLine.argc) }
    guard let words else { return [] }
    return (0..<Int(count)).compactMap { index in
      words[index].map { Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
    }
  }()

  static var text: [String] { bytes.map { String(decoding: $0, as: UTF8.self) } }

  /// The name that this process was called by, without its directory.
  static var name: String {
    text.first.map { String($0.split(separator: "/").last ?? "q") } ?? "q"
  }
}
