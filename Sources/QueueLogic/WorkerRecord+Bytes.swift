import QueueCore

/// A worker as `workers` keeps it; the layout is in ``Format``.
extension WorkerRecord {
  init(id: WorkerID, from reader: inout RecordReader) throws(StoreError) {
    guard id.number < Format.workersEnd else {
      throw StoreError.unsound("a worker's number was never given")
    }
    let pid = Int32(bitPattern: try reader.uint32())
    let startTicks = try reader.uint64()
    let namespace = try reader.uint64()
    let registeredAt = try reader.time()
    let boot = try reader.terminated()
    var given = QueueSettings()
    var queue: QueueName?
    if !reader.isAtEnd {
      _ = try SettingsRecord.read(into: &given, from: &reader)
      let name = try reader.rest()
      if !name.isEmpty { queue = QueueName(unchecked: String(decoding: name, as: UTF8.self)) }
    }
    self.init(
      id: id,
      process: ProcessIdentity(
        pid: pid, startTicks: startTicks, bootID: String(decoding: boot, as: UTF8.self),
        pidNamespace: namespace),
      registeredAt: registeredAt, given: given, queue: queue)
  }

  func write(to writer: inout RecordWriter) {
    writer.put(UInt32(bitPattern: process.pid))
    writer.put(process.startTicks)
    writer.put(process.pidNamespace)
    writer.put(registeredAt)
    writer.put(raw: process.bootID.utf8)
    guard given != QueueSettings() || queue != nil else { return }
    writer.put(0 as UInt8)
    SettingsRecord.write(given, to: &writer)
    if let queue { writer.put(raw: queue.text.utf8) }
  }
}
