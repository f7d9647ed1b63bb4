import QueueCore

/// A worker as `workers` keeps it; the layout is in ``Format``.
extension WorkerRecord {
  init(id: WorkerID, from reader: inout RecordReader) throws(StoreError) {
    guard id.number < Format.workersEnd else {
      throw RecordReader.unsound("a worker's number was never given")
    }
    let pid = Int32(bitPattern: try reader.uint32())
    let startTicks = try reader.uint64()
    let namespace = try reader.uint64()
    let registeredAt = try reader.time()
    let boot = String(decoding: try reader.rest(), as: UTF8.self)
    self.init(
      id: id,
      process: ProcessIdentity(
        pid: pid, startTicks: startTicks, bootID: boot, pidNamespace: namespace),
      registeredAt: registeredAt)
  }

  func write(to writer: inout RecordWriter) {
    writer.put(UInt32(bitPattern: process.pid))
    writer.put(process.startTicks)
    writer.put(process.pidNamespace)
    writer.put(registeredAt)
    writer.put(raw: process.bootID.utf8)
  }
}
