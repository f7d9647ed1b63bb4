extension RunSummary {
  /// Why the run failed, in words: what it said last, or how it ended.
  public var explanation: [UInt8] {
    if !message.isEmpty { return message }
    switch exit {
    case .exited(let status)?: return Array("exit \(status)".utf8)
    case .signalled(let signal)?: return Array("signal \(signal)".utf8)
    case .notStarted(let code)?: return Array("not started: errno \(code)".utf8)
    case nil: return Array("no note".utf8)
    }
  }
}

extension Ending {
  /// Why the item ended, in words.
  public var explanation: [UInt8] {
    guard run.message.isEmpty else { return run.message }
    return switch reason {
    case .timedOut: Array("timed out".utf8)
    case .poison: Array("its workers died".utf8)
    default: run.explanation
    }
  }
}
