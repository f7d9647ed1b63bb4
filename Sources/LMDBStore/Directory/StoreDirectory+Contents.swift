import Glibc
import LMDB
import QueueCore
import System

extension StoreDirectory {
  /// What is at a store's path.
  enum Contents {
    /// A store, and the name of its environment.
    case environment(String)
    /// Nothing that is in a store's way, and why.
    case nothing(String)
    /// A directory of somebody else's.
    case something
  }

  /// What nobody minds who has a directory for a store: a file system's own, and a file that keeps the
  /// directory out of a repository.
  private static let harmless: Set<String> = ["lost+found", ".gitignore"]

  /// Looks what is there. Throws `.unusable` when it is no directory, `.unsound` when parts of a store
  /// are missing or wrong.
  ///
  /// A maker may come in between looking for one file and for another. So what would be refused is looked
  /// at again: makers do only one thing, and are through with it then.
  func contents() throws(StoreError) -> Contents {
    if let contents = try? look() {
      if case .something = contents {} else { return contents }
    }
    return try look()
  }

  private func look() throws(StoreError) -> Contents {
    let status: FileStatus
    do throws(SystemError) {
      status = try FileStatus(of: path, call: "open")
    } catch {
      switch error.code {
      case ELOOP:
        throw StoreError(.unusable, "not a store: \(path): it is a link that leads to itself")
      case ENOENT, ENOTDIR: return .nothing("q-enqueue makes one")
      default: throw StoreError(error)
      }
    }
    guard status.isDirectory else {
      throw StoreError(
        .unusable, "not a store: \(path): it is a file; a store is a directory")
    }
    if let environment = try named() { return .environment(environment) }
    let names = Set(names)
    guard let mark = try? FileStatus(of: self.guard, followingLinks: false) else {
      return names.isSubset(of: Self.harmless)
        ? .nothing("the directory is empty") : .something
    }
    let isBeingNamed = access(current + ".new", F_OK) == 0
    guard mark.size == 0, isBeingNamed || !hasCommits else {
      throw StoreError(
        .unsound,
        "the store is damaged: \(current) is missing, which names the directory of the data: "
          + "q-check --repair")
    }
    return .nothing("one is being made, or whoever made it was killed: q-enqueue makes it")
  }

  /// The environment that `current` names; nil without that file. Throws `.unsound` when it names none.
  func named() throws(StoreError) -> String? {
    guard let text = try readCurrent() else { return nil }
    let number = text.dropFirst(4)
    guard text.hasPrefix("env."), !number.isEmpty,
      number.allSatisfy({ ("0"..."9").contains($0) })
    else {
      throw StoreError(
        .unsound,
        "the store is damaged: \(current) does not name the directory of the data: q-check --repair"
      )
    }
    return text
  }

  /// Whether more was ever committed than a store that is being made has. Its maker is not through as
  /// long as `current` is missing and `guard` is empty; this tells of one that has lost the two. A copy has as
  /// much from the start as its original, but it also has the name that is to be `current`.
  private var hasCommits: Bool {
    names.contains { name in
      name.hasPrefix("env.") && Environment.lastCommit(inFileOf: path + "/" + name) ?? 0 > 1
    }
  }

  /// What is in the file `current`, to the end of its line; nil without one.
  private func readCurrent() throws(StoreError) -> String? {
    do throws(SystemError) {
      guard let file = try FileDescriptor.reading(current, O_NOFOLLOW, call: "read") else {
        return nil
      }
      let text = try readFully(256, from: file.number, current)
      return String(decoding: text.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    } catch {
      throw StoreError(error)
    }
  }
}
