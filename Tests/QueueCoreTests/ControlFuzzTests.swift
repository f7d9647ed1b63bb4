import QueueCore
import QueueTestKit
import Testing

/// Whatever a handler writes into `$Q_CONTROL` is done or refused with the number of a line.
@Suite struct ControlFuzzTests {
  private static let lines = [
    "defer 10m", "pause 0.5s", "note it was slow", "defer 1", "note", "pause 99999999d",
    "defer 1e9",
    "defer 18446744073709551616", "pause -0", "defer 1h1h", "emit q id", "", "note \u{e9}\u{0}x",
  ]

  @Test func `any bytes are read or refused`() {
    var fuzz = Fuzz("control", rounds: 20_000)
    for _ in 0..<fuzz.rounds {
      var text: [UInt8] = []
      for _ in 0..<Int.random(in: 0...5, using: &fuzz.random) {
        let line = Array(fuzz.one(of: Self.lines).utf8)
        text += Bool.random(using: &fuzz.random) ? line : fuzz.mutated(line)
        text.append(UInt8(ascii: "\n"))
      }
      if Bool.random(using: &fuzz.random) { text = fuzz.mutated(text) }
      let isWhole = Bool.random(using: &fuzz.random)
      let count = text.count { $0 == UInt8(ascii: "\n") } + 1
      do throws(Control.Invalid) {
        let control = try Control(text, isWhole: isWhole)
        #expect(control.note.count <= Control.maximumNote)
        #expect(control.pause ?? .zero >= .zero && control.deferral ?? .zero >= .zero)
      } catch {
        let number = error.message.split(separator: " ").dropFirst(2).first.map { $0.dropLast() }
        let line = number.flatMap { Int($0) } ?? 0
        #expect(1...count ~= line, "\(error.message) of \(text)")
      }
    }
  }

  @Test func `any text is a duration or none`() {
    var fuzz = Fuzz("durations", rounds: 50_000)
    for _ in 0..<fuzz.rounds {
      let text = String(decoding: fuzz.bytes(0...12, of: "0123456789.-+emhds "), as: UTF8.self)
      if let duration = Duration(text: text) { #expect(duration >= .zero, "\(text)") }
    }
  }
}
