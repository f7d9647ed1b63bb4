import ArgumentParser

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

/// Permissions on the command line, in octal.
struct ModeArgument: ExpressibleByArgument {
  var mode: UInt32

  /// Without all rights its owner could not use the store; no other bit means anything to a directory
  /// of one's own.
  init?(argument: String) {
    guard argument.utf8.count <= 5, let mode = UInt32(argument, radix: 8), mode & ~0o2777 == 0,
      mode & 0o700 == 0o700
    else { return nil }
    self.mode = mode
  }
}
