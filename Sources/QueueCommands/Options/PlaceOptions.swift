import ArgumentParser
import Glibc
import QueueCore

/// Which store: the same options on every command.
struct PlaceOptions: ParsableArguments {
  @Option(
    name: [.customShort("s", allowingJoined: true), .long],
    help: ArgumentHelp(
      "The store: a directory, or as 'q help stores' says (default: $Q_STORE, else .q here).",
      valueName: "DIR"),
    completion: .directory)
  var store: String?

  @Flag(
    name: .spelled,
    help: "Use a store of another user that no group of yours shares; $Q_TRUST lists such.")
  var trust = false

  func validate() throws {
    if text.isEmpty { throw ValidationError("--store needs a directory: it is empty") }
    if let refusal = StoreAddress.refusal(of: text) { throw ValidationError(refusal) }
  }

  /// The store as it was named.
  private var text: String { store ?? environment("Q_STORE") ?? ".q" }

  /// Where the store is, and what opens it.
  var address: StoreAddress {
    get throws(CommandError) {
      guard let address = StoreAddress(text) else {
        throw CommandError(.usage, StoreAddress.refusal(of: text) ?? "no engine: \(text)")
      }
      return address
    }
  }

  /// Whether a store of another user is used: `$Q_TRUST` is 1, or lists it, with colons in between.
  func isTrusted(_ address: StoreAddress) -> Bool {
    guard !trust, let listed = environment("Q_TRUST") else { return trust }
    if listed == "1" { return true }
    let place = Self.real(address.text)
    return listed.split(separator: ":").contains {
      Self.real(address.engine.address(of: String($0))) == place
    }
  }

  /// Where a path leads; the path itself where that is nowhere.
  private static func real(_ path: String) -> String {
    guard let found = realpath(path, nil) else { return path }
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
  ) throws(CommandError) -> any PlacedStore {
    signal(SIGXFSZ, SIG_IGN)
    let address = try address
    let place = address.text
    let name = commandName
    address.engine.exitOnDamage(
      damaged: (
        "\(name): the store is damaged: \(place): its data file cannot be read: restore it "
          + "from a copy", ExitStatus.badData.rawValue
      ),
      unclear:
        "\(name): crashed while it used \(place): a defect of the program, or the store is "
        + "damaged, which q-check finds out")
    var opening = Opening()
    opening.create = create
    opening.mode = mode
    opening.trust = isTrusted(address)
    opening.onUpgrade = { old, new in
      say(
        "\(name): the store is of format \(new) now, and was of \(old): \(place): older programs "
          + "refuse it from here on")
    }
    if !quiet { opening.onCreate = { say("\(name): made a new store: \(place)") } }
    do {
      let store = try address.engine.open(address.place, opening)
      LongWait.begins = { [weak store] in store?.mayWait() }
      return store
    } catch {
      throw CommandError(error)
    }
  }
}

/// What a store is made like, by the commands that make one.
struct CreationOptions: ParsableArguments {
  @Option(
    name: .spelled, parsing: .unconditional,
    help: ArgumentHelp(
      "The permissions of a store that is made, in octal: 2770 shares it with the group (default: 700); "
        + "a directory that is there keeps its own.",
      valueName: "MODE"))
  var mode: ModeArgument?

  /// The permissions as a number.
  var permissions: UInt32 { mode?.mode ?? 0o700 }
}

/// A variable of the environment; nil when it is not set or empty.
func environment(_ name: String) -> String? {
  guard let value = getenv(name), value.pointee != 0 else { return nil }
  return String(cString: value)
}
