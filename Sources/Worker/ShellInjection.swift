/// Finds commands in which a shell would run the id as code.
package enum ShellInjection {
  private static let shells: Set<String> = [
    "sh", "bash", "dash", "zsh", "ksh", "mksh", "ash", "fish", "busybox", "csh", "tcsh",
  ]
  /// Programs that run the command behind their own options.
  private static let wrappers: Set<String> = [
    "chroot", "doas", "env", "flock", "ionice", "nice", "nohup", "setsid", "stdbuf", "sudo",
    "taskset",
    "time", "timeout", "unshare",
  ]

  /// Whether the handler is a shell, or a program that starts one, whose `-c` text has a place that
  /// is filled from the item.
  package static func isPossible(in words: [[UInt8]], hasColumns: Bool = false) -> Bool {
    guard let first = words.first else { return false }
    var start = 0
    if wrappers.contains(name(first)) {
      guard let shell = words.firstIndex(where: { shells.contains(name($0)) }) else { return false }
      start = shell
    }
    guard shells.contains(name(words[start])) else { return false }
    let words = words[start...]
    guard
      let option = words.firstIndex(where: { word in
        word.first == UInt8(ascii: "-") && word.dropFirst().first != UInt8(ascii: "-")
          && word.contains(UInt8(ascii: "c"))
      })
    else { return false }
    // More options may stand between -c and the text: bash -c -e TEXT.
    for word in words[(option + 1)...] {
      if HandlerTemplate.hasPlace(word, hasColumns: hasColumns) { return true }
      if ![UInt8(ascii: "-"), UInt8(ascii: "+")].contains(word.first) { return false }
    }
    return false
  }

  private static func name(_ word: [UInt8]) -> String {
    String(decoding: word.split(separator: UInt8(ascii: "/")).last ?? [], as: UTF8.self)
  }
}
