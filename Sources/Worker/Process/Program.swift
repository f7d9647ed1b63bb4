import Glibc

/// A handler as it is started: path, arguments and environment that all runs have in common,
/// as C strings made once.
///
/// @unchecked Sendable: nothing changes after `init`.
package final class Program: @unchecked Sendable {
  /// Where the executable lies, for messages.
  package let path: [UInt8]
  let pathPointer: UnsafeMutablePointer<CChar>
  let arguments: [UnsafeMutablePointer<CChar>]
  let environment: [UnsafeMutablePointer<CChar>]

  /// - Parameters:
  ///   - path: as ``HandlerLookup`` found it; exec does not search.
  ///   - arguments: argv, the name as the user typed it first.
  ///   - environment: `NAME=value`, without those that each run sets.
  package init(path: [UInt8], arguments: [[UInt8]], environment: [[UInt8]]) {
    self.path = path
    pathPointer = Self.copy(path)
    self.arguments = arguments.map(Self.copy)
    self.environment = environment.map(Self.copy)
  }

  deinit {
    pathPointer.deallocate()
    for pointer in arguments + environment { pointer.deallocate() }
  }

  /// Bytes that the arguments of one run may take beside these, by the system's limit (ARG_MAX).
  package var argumentRoom: Int {
    let own = (arguments + environment).reduce(0) { $0 + strlen($1) + 1 + Self.pointer }
    return max(0, sysconf(Int32(_SC_ARG_MAX)) - own - Self.slack)
  }

  /// Of each string: its place in the table.
  private static let pointer = MemoryLayout<UInt>.size
  /// For what each run has of its own, and for what the handler itself starts.
  private static let slack = 16_384

  private static func copy(_ bytes: [UInt8]) -> UnsafeMutablePointer<CChar> {
    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 1)
    for (index, byte) in bytes.enumerated() { copy[index] = CChar(bitPattern: byte) }
    copy[bytes.count] = 0
    return copy
  }

  /// This process's environment as bytes, without the variables named.
  package static func inheritedEnvironment(without names: Set<[UInt8]>) -> [[UInt8]] {
    var entries: [[UInt8]] = []
    var next: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> = environ
    while let entry = next.pointee {
      let bytes = [UInt8](UnsafeRawBufferPointer(start: entry, count: strlen(entry)))
      let name = bytes.prefix { $0 != UInt8(ascii: "=") }
      if !names.contains([UInt8](name)) { entries.append(bytes) }
      next += 1
    }
    return entries
  }
}

/// The argv and envp of one run: what the program has, and this item's own strings.
/// A slot keeps one and fills it anew for each run.
package struct ProgramArguments: ~Copyable {
  package let program: Program
  var argv: CStringVector
  var envp: CStringVector

  package init(_ program: Program) {
    self.program = program
    argv = CStringVector(capacity: program.arguments.count + 4)
    envp = CStringVector(capacity: program.environment.count + 16)
    for pointer in program.environment { envp.share(pointer) }
    reset()
  }

  /// Back to the program's own: all of its arguments, or none where a template puts them in with
  /// ``appendShared(_:)`` and ``append(argument:)``.
  package mutating func reset(withArguments: Bool = true) {
    envp.removeAll(keeping: program.environment.count)
    argv.removeAll()
    if withArguments { for pointer in program.arguments { argv.share(pointer) } }
  }

  /// The program's argument at `index`, unchanged.
  package mutating func appendShared(_ index: Int) { argv.share(program.arguments[index]) }

  /// An argument of this run; no NUL in it.
  package mutating func append(argument: [UInt8]) { argv.append(argument) }

  /// A variable of this run. `prefix` is the name with its `=`, no NUL in either.
  package mutating func append(environment prefix: [UInt8], _ value: [UInt8]) {
    envp.append(prefix, value)
  }
}
