import Testing

@testable import QueueLogic

@Suite struct SipHashTests {
  /// From `vectors_sip128` of the reference implementation: key 00 to 0f, message 00, 01, 02 …
  @Test(arguments: [
    (0, "a3817f04ba25a8e66df67214c7550293"), (1, "da87c1d86b99af44347659119b22fc45"),
    (2, "8177228da4a45dc7fca38bdef60affe4"), (7, "a1f1ebbed8dbc153c0b84aa61ff08239"),
    (8, "3b62a9ba6258f5610f83e264f31497b4"), (15, "5493e99933b0a8117e08ec0f97cfc3d9"),
    (16, "6ee2a4ca67b054bbfd3315bf85230577"), (17, "473d06e8738db89854c066c47ae47740"),
    (63, "5150d1772f50834a503e069a973fbd7c"),
  ])
  func `the hash is SipHash-2-4-128`(_ length: UInt8, _ expected: String) {
    let key: (UInt64, UInt64) = (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908)
    let hash = SipHash.hash(Array(0..<length), key: key)
    let bytes = [hash.0, hash.1].flatMap { withUnsafeBytes(of: $0.littleEndian, Array.init) }
    let text = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    #expect(text == expected)
  }
}
