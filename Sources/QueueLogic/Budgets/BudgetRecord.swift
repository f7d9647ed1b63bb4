import QueueCore

/// What a queue has spent of a unit, as `budgets` keeps it; the layout is in ``Format``.
struct BudgetRecord: Equatable {
  var spending = Spending()
  /// Of that, what runs of items have spent that are not there any more.
  var gone = Amount.zero

  init() {}

  init(from reader: inout RecordReader) throws(StoreError) {
    spending.spent = try reader.amount()
    spending.reserved = try reader.amount()
    gone = try reader.amount()
    if !reader.isAtEnd {
      (spending.workedOff, spending.owed) = (try reader.time(), try reader.amount())
    }
    guard reader.isAtEnd else {
      throw StoreError.unsound("a budget's record says more than it can")
    }
  }

  func write(to writer: inout RecordWriter) {
    for amount in [spending.spent, spending.reserved, gone] { writer.put(amount) }
    if let workedOff = spending.workedOff {
      writer.put(workedOff)
      writer.put(spending.owed)
    }
  }
}

/// What an item's runs have spent, and what its claim has reserved, as `spent` keeps it.
struct SpentRecord: Equatable {
  var spent: Amounts = [:]
  var reserved: Amounts = [:]

  init() {}

  init(from reader: inout RecordReader) throws(StoreError) {
    (spent, reserved) = (try reader.amounts(), try reader.amounts())
    guard reader.isAtEnd else {
      throw StoreError.unsound("what an item has spent says more than it can")
    }
  }

  func write(to writer: inout RecordWriter) {
    writer.put(spent)
    writer.put(reserved)
  }

  /// Whether there is nothing to be kept.
  var isEmpty: Bool { spent.isEmpty && reserved.isEmpty }
}

extension RecordWriter {
  mutating func put(_ amount: Amount) { put(varint: amount.millionths) }

  /// Amounts in the order of their units, so that what is equal has the same bytes.
  mutating func put(_ amounts: Amounts) {
    put(varint: UInt64(amounts.count))
    for (unit, amount) in amounts.sorted(by: { $0.key < $1.key }) {
      put(counted: unit.text.utf8)
      put(amount)
    }
  }
}

extension RecordReader {
  mutating func amount() throws(StoreError) -> Amount { Amount(millionths: try varint()) }

  mutating func unit() throws(StoreError) -> UnitName {
    guard let unit = UnitName(String(decoding: try counted(), as: UTF8.self)) else {
      throw StoreError.unsound("an amount is of no unit")
    }
    return unit
  }

  mutating func amounts() throws(StoreError) -> Amounts {
    var amounts: Amounts = [:]
    let count = try varint()
    while amounts.count < count {
      let (unit, amount) = (try unit(), try amount())
      guard amounts.updateValue(amount, forKey: unit) == nil else {
        throw StoreError.unsound("an amount is there twice")
      }
    }
    return amounts
  }
}
