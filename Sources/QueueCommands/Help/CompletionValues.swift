import ArgumentParser

/// What a shell may offer for a value.
enum CompletionValues: Decodable, Equatable {
  case none, file, directory, command, queues
  case words([String])

  /// How an option says that it takes the name of a queue: no other has a command that lists its values.
  static let queueNames = CompletionKind.shellCommand("q-stats --all")

  private enum CodingKeys: CodingKey { case file, directory, list, shellCommand }
  private struct List: Decodable { var values: [String] }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if container.contains(.directory) {
      self = .directory
    } else if container.contains(.file) {
      self = .file
    } else if container.contains(.shellCommand) {
      self = .queues
    } else if let list = try container.decodeIfPresent(List.self, forKey: .list) {
      self = .words(list.values)
    } else {
      self = .none
    }
  }
}
