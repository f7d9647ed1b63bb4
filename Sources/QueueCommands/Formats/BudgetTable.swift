import QueueCore

/// The units of a queue, a line each; or as one JSON object.
struct BudgetTable {
  let units: [BudgetSummary]
  let now: Timestamp

  private static let columns = ["spent", "reserved", "budget", "rate", "rests"]

  var text: String {
    let rows = units.map { unit in
      [
        unit.spending.spent.text, unit.spending.reserved.text, unit.budget.limit?.text ?? "-",
        unit.budget.rate.map(UnitRateArgument.text) ?? "-",
        unit.opening(now: now).map { ($0 - now).rough.replacing(" ", with: "") } ?? "-",
      ]
    }
    let table = [Self.columns] + rows
    let widths = Self.columns.indices.map { column in
      max(8, table.map { $0[column].utf8.count }.max() ?? 0)
    }
    return zip(table, ["unit"] + units.map(\.unit.text)).map { fields, name in
      zip(fields, widths).map { field, width in
        String(repeating: " ", count: width - field.utf8.count) + field + " "
      }.joined() + " \(name)\n"
    }.joined()
  }

  /// `{"version","queue","budgets":[{"unit","spent","reserved","budget","rate","rests_until"}]}`.
  func json(_ queue: QueueName) -> String {
    JSONWriter.text(of: queue) { writer in
      writer.name("budgets")
      writer.array { writer in
        for unit in units { writer.object { Self.write(unit, to: &$0, now) } }
      }
    }
  }

  private static func write(
    _ unit: BudgetSummary, to writer: inout JSONWriter, _ now: Timestamp
  ) {
    writer.member("unit", unit.unit.text)
    writer.member("spent", unit.spending.spent)
    writer.member("reserved", unit.spending.reserved)
    if let limit = unit.budget.limit {
      writer.member("budget", limit)
    } else {
      writer.null("budget")
    }
    if let rate = unit.budget.rate {
      writer.member("rate", UnitRateArgument.text(rate))
    } else {
      writer.null("rate")
    }
    writer.member("rests_until", unit.opening(now: now))
  }
}

extension JSONWriter {
  /// Amounts as an object, by their units.
  mutating func member(_ name: String, _ amounts: Amounts) {
    self.name(name)
    object { writer in
      for (unit, amount) in amounts.sorted(by: { $0.key < $1.key }) {
        writer.member(unit.text, amount)
      }
    }
  }
}
