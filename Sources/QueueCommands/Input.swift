#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A file to read, or standard input.
struct Input {
  static let standard = Input(descriptor: STDIN_FILENO, name: "standard input")
  var descriptor: Int32
  var name: String

  init(descriptor: Int32, name: String) {
    self.descriptor = descriptor
    self.name = name
  }

  init(_ path: String) throws {
    if path == "-" {
      self = .standard
      return
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw CommandError(.noInput, "cannot read \(path): \(systemMessage())")
    }
    self.init(descriptor: descriptor, name: path)
  }
}
