import QueueCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Throws `.unsound` when a link is in the place of a part of a store.
func refuseLink(_ place: String) throws(StoreError) {
  var status = stat()
  if lstat(place, &status) == 0, status.st_mode & S_IFMT == S_IFLNK { throw .link(place) }
}

extension StoreError {
  /// A link in the place of a part of a store.
  static func link(_ path: String) -> StoreError {
    StoreError(
      .unsound, "the store is damaged: \(path) is a link, and none is followed in a store")
  }
}
