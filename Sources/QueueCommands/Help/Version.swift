import QueueCore
import Worker

/// The version of the commands. This is its one home: the Makefile, the packages and the source archive
/// read this line and the next one.
let version = "0.1.0"

/// The day it is of, as manual pages write it.
let versionDate = "November 24, 2026"

/// What `--version` of a command says. Its name and the version are alone in the first line; below it, a word
/// and a sentence a line, stands what the engines are that this program was built with, and what it takes.
func versionText(of name: String) -> String { "\(name) \(version)\n\(surroundings)" }

/// Not to be asked for before the engines are there.
private let surroundings: String = {
  let rows = StoreAddress.engines.flatMap(\.about) + [("limits", limits)]
  let width = rows.map(\.0.count).max() ?? 0
  return rows.map { term, text in
    term + String(repeating: " ", count: width - term.count + 2) + text
  }.joined(separator: "\n")
}()

private let limits = [
  "an id \(ItemID.maximumLength.grouped) bytes",
  "a payload \(mebibytes(ItemBatch.maximumPayload))",
  "a result \(mebibytes(ItemResult.maximumLength))",
  "what a run emits \(Emission.maximumCount.grouped) items of \(mebibytes(Emission.maximumBytes))",
  "the name of a queue \(QueueName.maximumLength) bytes",
  "of a group or batch \(GroupName.maximumLength)",
].joined(separator: ", ")

private func mebibytes(_ bytes: Int) -> String { "\((bytes >> 20).grouped) MiB" }
