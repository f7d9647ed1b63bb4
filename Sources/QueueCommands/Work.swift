import ArgumentParser

struct Work: QueueCommand {
  static let configuration = CommandConfiguration(commandName: "q-work", abstract: "Run a handler for every item.", aliases: ["work"])
  static let notes = ""
  func execute() throws {}
}
