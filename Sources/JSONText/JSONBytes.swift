import FoundationEssentials

/// Bytes as members of objects: text where they are valid UTF-8, else base 64 (RFC 4648, padded).
package enum JSONBytes {
  /// Puts `"name":"..."` or `"name_b64":"..."` into `text`.
  package static func put(_ name: StaticString, _ bytes: [UInt8], into text: inout [UInt8]) {
    text.append(UInt8(ascii: "\""))
    text += UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
    if isText(bytes) {
      text += Array("\":".utf8)
      JSONString.put(bytes, into: &text)
    } else {
      text += Array("_b64\":\"".utf8)
      text += Array(Data(bytes).base64EncodedString().utf8)
      text.append(UInt8(ascii: "\""))
    }
  }

  private static func isText(_ bytes: [UInt8]) -> Bool {
    bytes.allSatisfy { $0 < 0x80 } || String(validating: bytes, as: UTF8.self) != nil
  }

  /// The bytes that base 64 spells; nil when it spells none.
  package static func decoded(base64 text: [UInt8]) -> [UInt8]? {
    Data(base64Encoded: Data(text)).map(Array.init)
  }
}
