import CLMDB
public func lmdbVersion() -> Int { var a: Int32 = 0; mdb_version(&a,nil,nil); return Int(a) }
