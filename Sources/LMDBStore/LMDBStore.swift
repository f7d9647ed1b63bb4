import QueueCore
import LMDB
public func x() -> Int { lmdbVersion() }
