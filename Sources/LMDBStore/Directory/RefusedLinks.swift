import Glibc
import QueueCore
import System

/// Throws `.unsound` when a link is in the place of a part of a store.
func refuseLink(_ place: String) throws(StoreError) {
  if (try? FileStatus(of: place, followingLinks: false))?.isLink == true { throw .link(place) }
}

extension StoreError {
  /// A link in the place of a part of a store.
  static func link(_ path: String) -> StoreError {
    StoreError(
      .unsound, "the store is damaged: \(path) is a link, and none is followed in a store")
  }
}
