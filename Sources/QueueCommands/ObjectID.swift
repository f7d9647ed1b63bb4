import FoundationEssentials

/// The one member of a JSON object that is an id: text or a whole number.
struct ObjectID: DecodableWithConfiguration {
  var text: String

  struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { return nil }
  }

  init(from decoder: any Decoder, configuration key: Key) throws {
    let members = try decoder.container(keyedBy: Key.self)
    if let text = try? members.decode(String.self, forKey: key) {
      self.text = text
    } else if let number = try? members.decode(Int64.self, forKey: key) {
      text = String(number)
    } else {
      throw MissingID()
    }
  }
}

struct MissingID: Error {}
