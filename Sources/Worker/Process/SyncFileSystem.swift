import CProcess

/// Makes everything durable that was written to the file system of `descriptor`; `path` is for errors.
package func syncFileSystem(of descriptor: Int32, _ path: String) throws(SystemError) {
  _ = try SystemError.check(qp_sync_file_system(descriptor), "syncfs", path)
}
