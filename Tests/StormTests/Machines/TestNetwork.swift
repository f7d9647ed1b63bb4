import Foundation
import QueueTestKit

/// Network namespaces, each a machine's, with a cable each to a switch that is one, too. Root.
///
/// Gone with this object. What a test runner has left that was killed goes with the next one.
final class TestNetwork {
  private static let prefix = "q-machines-"
  /// Whether there can be one here.
  static let isPossible: Bool = {
    guard geteuid() == 0 else { return false }
    let trial = "\(prefix)\(getpid())-trial"
    return Shell.run(
      """
      command -v nft && ip netns add \(trial) && ip -n \(trial) link add name switch type bridge &&
      ip netns exec \(trial) nft add table ip q; status=$?; ip netns delete \(trial); exit $status
      """
    ).status == 0
  }()

  /// Where each machine keeps what is its own, and the ledger.
  let directory: String
  private let name: String
  private var count = 0

  init() throws {
    name = "\(Self.prefix)\(getpid())-\(UInt32.random(in: 1 ... .max))"
    directory = NSTemporaryDirectory() + name
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    chmod(directory, 0o755)
    try Shell.must(
      """
      for left in $(ip netns list | grep -o '^\(Self.prefix)[0-9]*-[^ ]*'); do
        number=${left#\(Self.prefix)}; [ -e /proc/${number%%-*} ] || ip netns delete $left
      done
      ip netns add \(name)-switch
      ip -n \(name)-switch link add name switch type bridge && ip -n \(name)-switch link set switch up
      """)
  }

  deinit {
    _ = Shell.run(
      "for all in $(ip netns list | grep -o '^\(name)-[^ ]*'); do ip netns delete $all; done")
    if ProcessInfo.processInfo.environment["Q_KEEP"] == nil {
      try? FileManager.default.removeItem(atPath: directory)
    }
  }

  /// A namespace with a cable to the switch.
  struct Place {
    /// What `ip netns exec` is told.
    let namespace: String
    let address: String
    fileprivate let network: String
    fileprivate let port: String

    /// Before a command: it runs there.
    var prefix: [String] { ["/usr/bin/env", "ip", "netns", "exec", namespace] }

    /// What is done to its cable.
    enum Cable: String, CaseIterable {
      case whole, cut
      /// What it is sent does not arrive.
      case deaf
      /// What it sends does not.
      case mute
      /// A fifth of both does not.
      case lossy
    }

    /// From now on, in place of what was.
    func set(_ cable: Cable) throws {
      let drop = cable == .lossy ? "numgen random mod 100 < 20 drop" : "drop"
      let rules = [("input", cable != .mute), ("output", cable != .deaf)].filter(\.1).map {
        "nft 'add chain ip q \($0.0) { type filter hook \($0.0) priority 0; }; add rule ip q \($0.0) \(drop)'"
      }
      let isFiltered = [.deaf, .mute, .lossy].contains(cable)
      // The other end of the cable: the machine itself does not see why nothing comes. Whom it did not find
      // meanwhile it looks for again.
      try Shell.must(
        """
        ip netns exec \(namespace) nft 'add table ip q; delete table ip q; add table ip q'
        ip -n \(network)-switch link set \(port) \(cable == .cut ? "down" : "up")
        ip -n \(namespace) neigh flush dev cable
        \(isFiltered ? rules.map { "ip netns exec \(namespace) \($0)" }.joined(separator: "\n") : "")
        """)
    }
  }

  func addPlace() throws -> Place {
    count += 1
    let place = Place(
      namespace: "\(name)-\(count)", address: "10.77.0.\(count)", network: name,
      port: "port\(count)")
    try Shell.must(
      """
      ip netns add \(place.namespace)
      ip -n \(name)-switch link add name \(place.port) type veth peer name cable netns \(place.namespace)
      ip -n \(name)-switch link set \(place.port) master switch up
      ip -n \(place.namespace) address add \(place.address)/24 dev cable
      ip -n \(place.namespace) link set cable up && ip -n \(place.namespace) link set lo up
      """)
    return place
  }
}

extension TestNetwork {
  /// Lines of bash, run at once.
  enum Shell {
    static func run(_ lines: String) -> (status: Int32, said: String) {
      let output = NSTemporaryDirectory() + "q-machines-said-\(UUID().uuidString)"
      defer { unlink(output) }
      let process = CommandProcess(
        ["/bin/bash", "-euc", lines], streams: .init(output: output, error: output))
      let end = process.wait(within: 60)
      let said = FileManager.default.contents(atPath: output) ?? Data()
      guard case .exited(let status)? = end else {
        return (-1, String(decoding: said, as: UTF8.self))
      }
      return (status, String(decoding: said, as: UTF8.self))
    }

    static func must(_ lines: String) throws {
      let (status, said) = run(lines)
      guard status == 0 else { throw Unexpected("\(status): \(said): \(lines)") }
    }
  }
}
