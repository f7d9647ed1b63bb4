/// Words as SQL takes them.
public enum SQL {
  /// A name.
  public static func name(_ name: String) -> String { quoted(name, by: "\"") }

  /// A text.
  public static func literal(_ text: String) -> String { quoted(text, by: "'") }

  private static func quoted(_ text: String, by mark: Character) -> String {
    let parts = text.split(separator: mark, omittingEmptySubsequences: false)
    return "\(mark)" + parts.joined(separator: "\(mark)\(mark)") + "\(mark)"
  }
}
