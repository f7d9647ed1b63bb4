import Foundation
import QueueTestKit

/// Machines work on a queue until it is drained, and something happens to one of them.
final class MachineTrial {
  /// Milliseconds that handlers take at most: where the others have soon nothing else to do they begin at once with
  /// what they take, while the first handlers would still live if nobody had ended them.
  private static let (short, long, longest) = (1_000, 5_000, 8_000)
  /// Items that the machines end in a second when their handlers are long ones.
  private static let pace = 3.6
  private static let few = 30
  /// How long it may take until all is done, in seconds.
  private static let patience = 120.0

  private let room: MachineRoom
  private let trouble: MachineTrouble
  private(set) var summary = ""

  init(_ room: MachineRoom, _ trouble: MachineTrouble) {
    (self.room, self.trouble) = (room, trouble)
  }

  /// What must not be.
  func run(_ random: inout SeededRandom) throws -> [String] {
    let began = ContinuousClock.now
    let place = trouble == .poweredOff ? 1 : random.number(0...room.machines.count - 1)
    let items = trouble.isOfServer ? Int((trouble.length + 4) * Self.pace) : Self.few
    let ledger = try room.begin("\(trouble)", items: items) {
      trouble.isOfServer ? Self.long : $0 == place ? Self.longest : Self.short
    }
    usleep(UInt32(random.number(0...1_000)) * 1_000)
    try trouble.happen(to: room.machines[place], in: room, ledger)
    var violations = try drain(ledger)
    violations += ledger.violations
    violations += try verdict(items)
    // Nothing happened to the others.
    for (other, machine) in room.machines.enumerated()
    where !trouble.isOfServer && other != place && machine.exits != ["0"] {
      violations.append("machine \(other): \(machine.exits): \(machine.said)")
    }
    let exits = room.machines.map { $0.exits.joined(separator: " ") }.joined(separator: ", ")
    let seconds = (ContinuousClock.now - began).formatted(
      .units(allowed: [.seconds], fractionalPart: .show(length: 1)))
    summary =
      "\(trouble) on \(place): \(seconds), \(items) items, \(ledger.runs.count(.start)) runs, q-work ended with \(exits)"
    for machine in room.machines { machine.powerOff() }
    return violations
  }

  /// Waits until no machine finds anything left to do.
  private func drain(_ ledger: MachineLedger) throws -> [String] {
    let end = ContinuousClock.now + .seconds(Self.patience)
    while !room.machines.allSatisfy(\.isDone) {
      if let done = room.ids("done") { ledger.note(done: done) }
      if !ledger.violations.isEmpty { return [] }
      guard ContinuousClock.now < end else {
        return ["not drained: \(room.machines.map { $0.said.suffix(1_000) })"]
      }
      usleep(300_000)
    }
    ledger.read()
    return []
  }

  private func verdict(_ items: Int) throws -> [String] {
    let done = room.ids("done")?.count
    let check = try room.says("q-check")
    return (done == items ? [] : ["\(items) items, \(done ?? -1) done"])
      + (check.status == 0 ? [] : ["q-check: \(check.said)"])
  }
}
