import ArgumentParser
import Glibc
import LMDBStore

/// Which store: the same options on every command.
struct PlaceOptions: ParsableArguments {
  @Option(
    name: [.customShort("s", allowingJoined: true), .long],
    help: ArgumentHelp(
      "The store's directory (default: $Q_STORE, else .q here).", valueName: "DIR"),
    completion: .directory)
  var store: String?

  @Flag(
    name: .spelled,
    help: "Use a store of another user that no group of yours shares; $Q_TRUST lists such.")
  var trust = false

  func validate() throws {
    if path.isEmpty { throw ValidationError("--store needs a directory: it is empty") }
  }

  /// The directory as it was named.
  var path: String { store ?? environment("Q_STORE") ?? ".q" }

  /// Whether a store of another user is used: `$Q_TRUST` is 1, or lists it, with colons in between.
  var isTrusted: Bool {
    guard !trust, let listed = environment("Q_TRUST") else { return trust }
    if listed == "1" { return true }
    let place = Self.real(path)
    return listed.split(separator: ":").contains { Self.real(String($0)) == place }
  }

  /// Where a path leads; the absolute path where that is nowhere.
  private static func real(_ path: String) -> String {
    guard let found = realpath(path, nil) else { return StoreDirectory(path).path }
    defer { free(found) }
    return String(cString: found)
  }

  /// The command that makes a store tells its name.
  private var commandName: String { ProcessArguments.name }

  /// Opens the store; says so when that makes it.
  ///
  /// `mode` is that of a directory which is made.
  ///
  /// From here on a file that reaches the limit of file sizes fails a write, and is named, instead of
  /// killing the process without a word. Handlers get the signal back: q-work remembers before this.
  func open(
    create: Bool = false, quiet: Bool = false, mode: UInt32 = 0o700
  ) throws(CommandError) -> LMDBStore {
    signal(SIGXFSZ, SIG_IGN)
    let place = StoreDirectory(path).path
    LMDBStore.exitOnDamage(
      damaged: (
        "\(commandName): the store is damaged: \(place): its data file cannot be read: restore it "
          + "from a copy", ExitStatus.badData.rawValue
      ),
      unclear:
        "\(commandName): crashed while it used \(place): a defect of the program, or the store is "
        + "damaged, which q-check finds out")
    do {
      let store = try LMDBStore(path: path, create: create, mode: mode, trust: isTrusted)
      let name = commandName
      store.onUpgrade = { [path = store.directory.path] old, new in
        say(
          "\(name): the store is of format \(new) now, and was of \(old): \(path): older programs "
            + "refuse it from here on")
      }
      if store.wasCreated && !quiet {
        say("\(commandName): made a new store: \(store.directory.path)")
      }
      return store
    } catch {
      throw CommandError(error)
    }
  }
}

/// A variable of the environment; nil when it is not set or empty.
func environment(_ name: String) -> String? {
  guard let value = getenv(name), value.pointee != 0 else { return nil }
  return String(cString: value)
}
