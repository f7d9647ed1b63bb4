import CLMDB

/// File systems across a network: LMDB's locks and shared memory do not reach across machines.
public enum NetworkFileSystem {
  /// The name of the network file system that holds `path`; nil when it is local, or not known to
  /// be a network's. The corresponding C function is `statfs`.
  public static func name(holding path: String) -> String? {
    switch clmdb_file_system_type(path) {
    case 0x6969: "NFS"
    case 0x517b, 0xff53_4d42, 0xfe53_4d42: "SMB"
    case 0x0102_1997: "9P"
    case 0x00c3_6400: "Ceph"
    case 0x5346_414f, 0x6b41_4653: "AFS"
    default: nil
    }
  }
}
