import LMDB
import QueueCore

public func x() -> Int { Environment.maximumKeySize }
