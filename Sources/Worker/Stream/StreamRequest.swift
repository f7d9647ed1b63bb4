import JSONText
import QueueCore

/// A request of the form `json`.
enum StreamRequest {
  /// Writes `{"token","id","attempt","max_attempts","payload"?}` and the end of the line.
  static func write(_ claim: Claim, attempts: UInt32, to bytes: inout [UInt8]) {
    bytes += Array("{\"token\":\"".utf8)
    claim.token.put(into: &bytes)
    bytes += Array("\",".utf8)
    JSONBytes.put("id", claim.id.bytes, into: &bytes)
    bytes += Array(",\"attempt\":".utf8)
    put(claim.attempt, &bytes)
    bytes += Array(",\"max_attempts\":".utf8)
    put(attempts, &bytes)
    if let payload = claim.payload {
      bytes.append(UInt8(ascii: ","))
      JSONBytes.put("payload", payload, into: &bytes)
    }
    bytes += Array("}\n".utf8)
  }

  private static func put(_ number: UInt32, _ bytes: inout [UInt8]) {
    if number < 10 {
      bytes.append(UInt8(ascii: "0") + UInt8(number))
    } else {
      bytes += Array(String(number).utf8)
    }
  }
}
