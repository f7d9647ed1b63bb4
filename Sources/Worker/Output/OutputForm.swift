/// How handlers' output comes out.
package struct OutputForm: Sendable {
  /// What waits for what.
  package enum Order: Sendable {
    /// A handler's output comes out whole when it ends.
    case ends
    /// Each line comes out as soon as it is whole.
    case lines
    /// As with ``ends``, in the order of the claims.
    case claims
  }

  package var order = Order.ends
  /// Whether each line begins with the item's id and a TAB.
  package var hasTags = false

  /// Whether standard output is for something else.
  package var hidesOutput = false

  package init() {}

  /// Lines of standard error as they come.
  static var errorLines: OutputForm {
    var form = OutputForm()
    (form.order, form.hidesOutput) = (.lines, true)
    return form
  }

  /// Whether a last line without its end gets one.
  var endsLines: Bool { hasTags || order == .lines }

  /// What each line of an item begins with; nil: nothing.
  func tag(_ id: [UInt8]) -> [UInt8]? { hasTags ? id + [UInt8(ascii: "\t")] : nil }
}
