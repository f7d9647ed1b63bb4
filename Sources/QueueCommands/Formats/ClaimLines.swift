import JSONText
import QueueCore

/// Claims as q-claim prints them, and q-settle reads them.
enum ClaimLines {
  enum Form {
    /// `TOKEN TAB ATTEMPT TAB ID LF`; on a terminal control bytes of ids are escaped.
    case lines(escaped: Bool)
    /// The same, ended by NUL.
    case nul
    /// An object a line.
    case json
  }

  /// All of them, one behind the other.
  static func bytes(_ result: LeaseResult, _ form: Form) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(result.claims.count * 128)
    let end = Array(",\"lease_until\":\"\(result.until.rfc3339)\"}\n".utf8)
    for claim in result.claims {
      switch form {
      case .json:
        bytes += "{\"token\":\"".utf8
        claim.token.put(into: &bytes)
        bytes += "\",".utf8
        JSONBytes.put("id", claim.id.bytes, into: &bytes)
        bytes += ",\"attempt\":\(claim.attempt)".utf8
        if let payload = claim.payload {
          bytes.append(UInt8(ascii: ","))
          JSONBytes.put("payload", payload, into: &bytes)
        }
        bytes += end
      case .lines, .nul:
        claim.token.put(into: &bytes)
        bytes += "\t\(claim.attempt)\t".utf8
        if case .lines(escaped: true) = form {
          bytes += VisibleText.escaped(claim.id.bytes).utf8
        } else {
          bytes += claim.id.bytes
        }
        if case .nul = form { bytes.append(0) } else { bytes.append(UInt8(ascii: "\n")) }
      }
    }
    return bytes
  }

  /// The longest line that is read, in bytes: what stands behind a token is passed over.
  static let longest = 1 << 20
  private static let longestToken = 64

  /// The token that a line begins with: what stands before its first TAB.
  static func token(in line: ArraySlice<UInt8>) throws(BadLine) -> Token {
    let token = line.withUnsafeBytes { bytes -> Token? in
      let end = bytes.prefix(longestToken + 1).firstIndex(of: UInt8(ascii: "\t")) ?? bytes.count
      guard end <= longestToken else { return nil }
      return Token(text: UnsafeRawBufferPointer(rebasing: bytes[..<end]))
    }
    guard let token else {
      throw BadLine(why: "it does not begin with a token of q-claim")
    }
    return token
  }
}
