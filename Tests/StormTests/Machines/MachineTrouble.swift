import Foundation
import QueueTestKit

/// What happens to one machine, or to the server, while all work.
enum MachineTrouble: String, CaseIterable {
  case workerKilled, guardKilled, bothKilled, poweredOff
  case cutFor1, cutFor3, cutFor8, cutFor12, flapping, deaf, mute, lossy
  case killedWhileCut, frozenWhileCut, killedWhileServerIsFrozen
  case workerFrozen, guardFrozen, bothFrozen
  case sessionsTerminated, serverFrozen, serverStopped, serverCrashed, serverGone
  case snapshotHeld
}

extension MachineTrouble {
  /// In `make test`: one of each layer.
  static let few: [MachineTrouble] = [
    .workerKilled, .poweredOff, .cutFor8, .killedWhileCut, .serverCrashed,
  ]

  /// Whether all machines feel it.
  var isOfServer: Bool {
    switch self {
    case .sessionsTerminated, .serverFrozen, .serverStopped, .serverCrashed, .serverGone,
      .killedWhileServerIsFrozen:
      true
    default: false
    }
  }

  /// Seconds that it lasts.
  var length: Double {
    switch self {
    case .workerKilled, .guardKilled, .bothKilled, .sessionsTerminated: 1
    case .cutFor1: 1
    case .cutFor3: 3
    case .cutFor8, .deaf, .mute, .lossy, .serverGone: 8
    case .cutFor12: 12
    case .poweredOff, .flapping, .killedWhileCut, .frozenWhileCut, .killedWhileServerIsFrozen,
      .snapshotHeld:
      6
    case .workerFrozen: 5
    // Less than the lease, with what the proof was old already.
    case .bothFrozen: MachineRoom.lease * 0.6
    case .guardFrozen: 5
    case .serverFrozen: 5
    case .serverStopped, .serverCrashed: 1
    }
  }

  /// Does it to this machine, and ends it.
  func happen(to machine: TestMachine, in room: MachineRoom, _ ledger: MachineLedger) throws {
    let place = machine.place
    switch self {
    case .workerKilled: machine.signal([.worker], SIGKILL)
    case .guardKilled: machine.signal([.guardian], SIGKILL)
    // What the guard would have ended is not promised to end: strays of theirs go with them.
    case .bothKilled: machine.signal([.guardian, .worker, .handler], SIGKILL)
    case .poweredOff:
      machine.powerOff()
      wait()
      try room.work(on: machine, ledger)
    case .cutFor1, .cutFor3, .cutFor8, .cutFor12: try place.whileItIs(.cut, wait)
    case .deaf: try place.whileItIs(.deaf, wait)
    case .mute: try place.whileItIs(.mute, wait)
    case .lossy: try place.whileItIs(.lossy, wait)
    case .flapping:
      for _ in 0..<8 {
        try place.whileItIs(.cut) { usleep(300_000) }
        usleep(400_000)
      }
    case .killedWhileCut:
      try place.whileItIs(.cut) {
        machine.signal([.worker], SIGKILL)
        wait()
      }
    case .killedWhileServerIsFrozen:
      room.server.signalAll(SIGSTOP)
      machine.signal([.worker], SIGKILL)
      wait()
      room.server.signalAll(SIGCONT)
    case .frozenWhileCut: try place.whileItIs(.cut) { freeze([.worker], of: machine) }
    case .workerFrozen: freeze([.worker], of: machine)
    case .guardFrozen: freeze([.guardian], of: machine)
    case .bothFrozen: freeze([.guardian, .worker], of: machine)
    case .sessionsTerminated:
      for _ in 0..<5 {
        _ = room.server.query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'q'")
        usleep(200_000)
      }
    case .serverFrozen:
      room.server.signalAll(SIGSTOP)
      wait()
      room.server.signalAll(SIGCONT)
    case .serverStopped, .serverGone, .serverCrashed:
      room.server.stop(by: self == .serverStopped ? SIGINT : SIGQUIT)
      wait()
      try room.server.start()
    case .snapshotHeld:
      let reader = room.server.hold(seconds: length)
      machine.signal([.worker], SIGKILL)
      _ = reader.wait(within: 60)
    }
  }

  private func wait() { usleep(UInt32(length * 1_000_000)) }

  private func freeze(_ parts: [TestMachine.Part], of machine: TestMachine) {
    let frozen = parts.flatMap { machine.processes($0) }
    for pid in frozen { kill(pid, SIGSTOP) }
    wait()
    for pid in frozen { kill(pid, SIGCONT) }
  }
}

extension TestNetwork.Place {
  /// Its cable is whole again afterwards.
  fileprivate func whileItIs(_ cable: Cable, _ body: () throws -> Void) throws {
    try set(cable)
    defer { try? set(.whole) }
    try body()
  }
}

extension NetworkServer {
  /// Somebody who looks at the store for as long.
  fileprivate func hold(seconds: Double) -> CommandProcess {
    sql("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT txid_current(); SELECT pg_sleep(\(seconds))")
  }
}
