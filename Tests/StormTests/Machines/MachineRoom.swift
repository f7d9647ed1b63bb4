import Foundation
import QueueTestKit

/// A server, machines that work, and one that looks on, whose cable nobody touches.
final class MachineRoom {
  /// Seconds: the smallest that there is.
  static let lease = 3.0
  private static let slots = 3

  let network: TestNetwork
  let server: NetworkServer
  private let office: TestNetwork.Place
  private(set) var machines: [TestMachine] = []
  /// The schema of the trial that runs.
  private(set) var schema = ""
  private(set) var store = ""
  private var schemas = 0
  /// What else the address says.
  private let options: String

  /// `standbys` are named in the address, too.
  init(_ kinds: [TestMachine.Kind], hasStandby: Bool = false) throws {
    let network = try TestNetwork()
    let server = try NetworkServer(in: network)
    (self.network, self.server) = (network, server)
    standby = hasStandby ? try NetworkServer(in: network, standbyOf: server) : nil
    options = hasStandby ? "&target_session_attrs=read-write" : ""
    if let standby {
      try server.must("ALTER SYSTEM SET synchronous_standby_names = '*'")
      try server.must("SELECT pg_reload_conf()")
      guard becomesTrue(within: 20, { server.query(Self.synchronous) == "1\n" }) else {
        throw Unexpected("no standby: \(standby.log)")
      }
    }
    office = try network.addPlace()
    for kind in kinds { machines.append(try TestMachine(in: network, kind)) }
  }

  private static let synchronous =
    "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"

  let standby: NetworkServer?
  /// Which of the servers is the primary.
  var primary: NetworkServer { isPromoted ? standby ?? server : server }
  private var isPromoted = false

  /// The standby takes the place of its primary.
  func promote() throws {
    try standby?.must("SELECT pg_promote()")
    isPromoted = true
  }

  /// A new store, with items of this name, whose workers have begun. `longest`: milliseconds that handlers of a
  /// machine take at most.
  func begin(_ name: String, items: Int, longest: (Int) -> Int) throws -> MachineLedger {
    schemas += 1
    schema = "t\(schemas)"
    let hosts = [server, standby].compactMap { $0?.place.address }.joined(separator: ",")
    store = "postgres://q@/q?host=\(hosts)&schema=\(schema)&lease=\(Int(Self.lease))s\(options)"
    let ledger = try MachineLedger(at: "\(network.directory)/\(schema)")
    // By its last digit the handler leaves the work to a process that its worker's death does not reach.
    let ids = (0..<items).map { "\(name)-\($0)-\($0 % 6)" }
    let (status, said) = try says("q-enqueue --quiet", input: ids.joined(separator: "\n") + "\n")
    guard status == 0 else { throw Unexpected(said) }
    for (place, machine) in machines.enumerated() {
      try work(on: machine, ledger, longest: longest(place))
    }
    guard becomesTrue(within: 20, { machines.allSatisfy { !$0.processes(.handler).isEmpty } })
    else {
      throw Unexpected("not all work: \(machines.map(\.said))")
    }
    return ledger
  }

  /// Has a machine work.
  func work(on machine: TestMachine, _ ledger: MachineLedger, longest: Int = 1_000) throws {
    try machine.work(
      store, ledger: ledger.directory,
      [
        "--workers", "\(Self.slots)", "--max-losses", "1000", "--max-attempts", "1000", "--backoff",
        "0.2s..0.2s", "--",
        CommandProcess.products + "/ledger-handler", ledger.directory,
      ], longest: longest)
  }

  /// What a command of the machine that looks on prints.
  func says(_ line: String, input: String = "") throws -> (status: Int32, said: String) {
    let path = "\(network.directory)/input-\(UUID().uuidString)"
    defer { for file in [path, path + ".out"] { unlink(file) } }
    try input.write(toFile: path, atomically: false, encoding: .utf8)
    let products = CommandProcess.products
    let process = CommandProcess(
      office.prefix + ["/bin/bash", "-c", "PATH='\(products)':$PATH; \(line)"],
      environment: ["Q_STORE": store, "XDG_RUNTIME_DIR": network.directory],
      streams: .init(input: path, output: path + ".out", error: path + ".out"))
    let end = process.wait(within: 60)
    let said = FileManager.default.contents(atPath: path + ".out") ?? Data()
    guard case .exited(let status)? = end else {
      return (-1, String(decoding: said, as: UTF8.self))
    }
    return (status, String(decoding: said, as: UTF8.self))
  }

  /// The ids of the items of one status.
  func ids(_ status: String) -> Set<String>? {
    let found = primary.query(
      "SELECT id FROM \(schema).items WHERE status = '\(status)'", in: "q")
    return found.map { Set($0.split(separator: "\n").map(String.init)) }
  }
}
