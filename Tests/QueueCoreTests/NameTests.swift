import QueueCore
import QueueTestKit
import Testing

/// Tokens, queue names, ids and keys: what names things.
@Suite struct NameTests {
  @Test func `a token's text gives the token back`() {
    var random = SplitMix64(seed: 2)
    let edges: [UInt64] = [0, 1, 15, 16, .max]
    for index in 0..<500 {
      let parts = (0..<4).map { _ in
        index < 100 ? edges.randomElement(using: &random)! : random.next()
      }
      let token = Token(
        number: parts[0],
        key: ItemKey(queue: UInt32(truncatingIfNeeded: parts[1]), rank: parts[2]),
        incarnation: parts[3])
      #expect(Token(token.text) == token)
      #expect(token.text.utf8.count <= 58)
    }
  }

  @Test func `a token's text is its three numbers in hexadecimal`() {
    let token = Token(
      number: 0x2a, key: ItemKey(queue: 3, priority: 0x80, sequence: 0xbeef), incarnation: 0xf00)
    #expect(token.text == "2a.00000003800000000000beef.0000000000000f00")
  }

  @Test(arguments: [
    "", ".", "..", "1", "1.2.3", "1.00000003800000000000beef", "1.00000003800000000000beef.",
    ".00000003800000000000beef.1", "1.00000003800000000000beef.1.", "1.0003800000000000beef.1",
    "1.000000003800000000000beef.1", "g.00000003800000000000beef.1",
    "1.00000003800000000000beef.G", "A.00000003800000000000beef.1",
    "-1.00000003800000000000beef.1", " 1.00000003800000000000beef.1",
    "11111111111111111.00000003800000000000beef.1", "1.00000003800000000000beef.1\n", "é.é.é",
  ])
  func `a text that spells no token is none`(_ text: String) {
    #expect(Token(text) == nil)
  }

  @Test(arguments: ["default", "a", "_", "9", "A-b.c_", String(repeating: "x", count: 64)])
  func `a queue may be called so`(_ text: String) {
    #expect(QueueName(text)?.text == text)
  }

  @Test(arguments: [
    "", ".a", "-a", "a b", "a/b", "é", "a\n", "a\0", String(repeating: "x", count: 65), "..", "a,b",
  ])
  func `a queue may not be called so`(_ text: String) {
    #expect(QueueName(text) == nil)
  }

  @Test func `an id is one to 65535 bytes without NUL`() {
    #expect(ItemID([UInt8]()) == nil && ItemID("") == nil)
    #expect(ItemID([0]) == nil && ItemID([65, 0, 65]) == nil)
    let longest = [UInt8](repeating: 255, count: 65_535)
    #expect(ItemID(longest)?.bytes == longest && ItemID(longest + [1]) == nil)
    #expect(ItemID([0xff, 65])?.description == "\u{fffd}A")
    #expect(ItemID("é")?.bytes == [0xc3, 0xa9])
  }

  @Test func `keys sort as their bytes do`() {
    func bytes(_ key: ItemKey) -> [UInt8] {
      withUnsafeBytes(of: key.queue.bigEndian, Array.init)
        + [key.priority] + withUnsafeBytes(of: key.sequence.bigEndian, Array.init).dropFirst()
    }
    var random = SplitMix64(seed: 4)
    let numbers: [UInt64] = [0, 1, 127, 128, 255, 256, 1 << 32, ItemKey.maximumSequence]
    for _ in 0..<2_000 {
      let keys = (0..<2).map { _ in
        ItemKey(
          queue: UInt32(truncatingIfNeeded: numbers.randomElement(using: &random)!),
          priority: UInt8(truncatingIfNeeded: numbers.randomElement(using: &random)!),
          sequence: numbers.randomElement(using: &random)!)
      }
      #expect((keys[0] < keys[1]) == bytes(keys[0]).lexicographicallyPrecedes(bytes(keys[1])))
      #expect(bytes(keys[0]).count == ItemKey.length)
    }
    let key = ItemKey(queue: 7, priority: 200, sequence: ItemKey.maximumSequence)
    #expect((key.queue, key.priority, key.sequence) == (7, 200, ItemKey.maximumSequence))
  }
}
