import Glibc
public import QueueCore
import System

extension StoreDirectory {
  /// Makes again the files of a store whose contents follow from nothing, or from what is there:
  /// whoever uses the store meanwhile must end first, since their locks are on the old ones.
  ///
  /// `trust` is that of ``LMDBStore/init(path:create:mode:trust:)``.
  ///
  /// Throws `.untrusted`, `.noStore`, `.unusable` when there is no environment or more than one, and what making a
  /// file throws.
  public func repairFiles(trust: Bool = false) throws(StoreError) -> Repairs {
    if !trust { try refuseOthers() }
    var repairs = Repairs()
    let environments = names.filter {
      $0.hasPrefix("env.") && access("\(path)/\($0)/data.mdb", F_OK) == 0
    }
    var isStore = !environments.isEmpty
    if case .nothing? = try? contents() { isStore = false }
    // Elsewhere nothing is made: another directory is nobody's to change.
    guard isStore else {
      _ = try environment()
      return repairs
    }
    do {
      try repair(&repairs, environments)
    } catch {
      throw StoreError(error, in: path)
    }
    return repairs
  }

  private func repair(_ repairs: inout Repairs, _ environments: [String]) throws {
    let permissions = try Permissions(of: path)
    let isMissing = access(current, F_OK) != 0
    if (try? named()) == nil {
      guard environments.count == 1 else {
        throw StoreError(
          .unusable,
          "cannot repair \(path): the file current is missing, and it may be any of "
            + environments.sorted().joined(separator: ", "))
      }
      // Under another name first: a half written one would name nothing.
      let new = current + ".new"
      unlink(new)
      try permissions.make(file: new, Array("\(environments[0])\n".utf8))
      guard rename(new, current) == 0 else { throw SystemError("rename", new) }
      repairs.note(
        "the file current \(isMissing ? "was missing" : "named nothing"): made again, naming "
          + environments[0])
    }
    for file in [`guard`, gate, writer, locks] where access(file, F_OK) != 0 {
      try permissions.make(file: file)
      repairs.note("the file \(file.dropFirst(path.count + 1)) was missing: made again")
    }
    for directory in directories where access(directory, F_OK) != 0 {
      try permissions.make(directory: directory)
      repairs.note("the directory \(directory.dropFirst(path.count + 1)) was missing: made again")
    }
    if repairs.count > 0 { try Directory.sync(path) }
  }
}
