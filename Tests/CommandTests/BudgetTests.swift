import QueueCore
import Testing

/// Budgets as a user meets them: what handlers spend, what keeps within it, and what shows it.
@Suite struct BudgetTests {
  /// Handlers of each shape that spend 0.000125 for each id, and fail the first time for ids that end in 7.
  private static let handlers = """
    cat > one.sh <<'END'
    #!/bin/sh
    echo "spend usd 0.000125" >> "$Q_CONTROL"; echo 1 >> "spent.$Q_SLOT.$PPID"
    [ "$Q_ATTEMPT" != 1 ] || case $1 in *7) exit 1;; esac
    END
    cat > many.sh <<'END'
    #!/bin/sh
    for id; do
      echo 'json {"spend":{"usd":1.25e-4}}' >> "$Q_CONTROL"; echo 1 >> "spent.$Q_SLOT.$PPID"
      case $id in *7) [ -e "failed.$id" ] || { : > "failed.$id"; echo "result 1 $id" >> "$Q_CONTROL"; };; esac
    done
    END
    cat > stream.sh <<'END'
    #!/bin/sh
    while IFS= read -r line; do
      status=0; case $line in *'7","attempt":1,'*) status=1;; esac
      echo 1 >> "spent.stream.$$"; echo "{\\"status\\":$status,\\"spend\\":{\\"usd\\":0.000125}}"
    done
    END
    chmod +x one.sh many.sh stream.sh
    """

  @Test func `what handlers of every shape spend is what the store says, exactly`() throws {
    let shell = try Shell()
    try shell.run(Self.handlers)
    let result = try shell.run(
      """
      seq 6000 | q-enqueue --quiet; q-config backoff=0s..0s
      q-work --quiet --limit 150 -j2 -- ./one.sh & q-work --quiet --limit 1500 -n 50 -j2 -- ./many.sh &
      q-work --quiet --limit 2500 -j2 --stream=json -- ./stream.sh & wait
      q-work --quiet --stream=json -- ./stream.sh
      q-check --quiet
      cat spent.* | wc -l; q-stats --budgets; q-stats | sed -n 4,5p
      """)
    let lines = result.output.split(separator: "\n")
    let runs = UInt64(lines.first ?? "") ?? 0
    // Of 6,000 items every tenth fails once or more.
    #expect(runs >= 6_600 && lines.suffix(2) == ["done       6000", "failed     0"], "\(result)")
    let spent = lines.dropFirst(2).first?.split(separator: " ") ?? []
    #expect(spent == [Amount(millionths: runs * 125).text[...], "0", "-", "-", "-", "usd"])
  }

  @Test func `at the limit a worker ends with 75 and names it, and goes on once it is raised`()
    throws
  {
    let shell = try Shell()
    try shell.run(Self.handlers)
    let first = try shell.run(
      """
      seq 30 | grep -v 7 | q-enqueue --quiet; q-config budget.usd=0.001
      q-work --quiet -j1 --reserve usd=0.000125 -- ./one.sh
      """)
    #expect(first.status == 75)
    #expect(
      first.error == """
        q-work: not drained: the budget of usd is spent, 0.001 of 0.001, and an item reserves 0.000125: \
        q-config budget.usd=N raises it

        """)
    #expect(
      try shell.says("q-stats | grep -E 'done|budget'; q-claim; q-check")
        == """
        done       8
        budget     usd is spent
        q-claim: nothing to claim now: 19 pending, 0 delayed, 0 processing, the budget of usd is spent, \
        0.001 of 0.001: q-config budget.usd=N raises it
        sound: 27 items in DIR/.q
        => 0
        """)
    let second = try shell.run(
      """
      q-work --quiet --follow -- ./one.sh & w=$!
      until [ -n "$(ls .q/runs 2> /dev/null)" ]; do sleep 0.01; done; q-stats | sed -n 4p
      q-config budget.usd=1; q-wait --quiet; kill $w; wait $w; q-stats | sed -n 4p
      """)
    #expect(second.output == "done       8\ndone       27\n", "\(second)")
  }

  @Test func `with reservations no number of workers goes beyond a budget`() throws {
    let shell = try Shell()
    try shell.run(Self.handlers)
    let result = try shell.run(
      """
      seq 400 | q-enqueue --quiet; q-config budget.usd=0.0151 backoff=0s..0s
      for i in 1 2 3; do q-work --quiet -j3 --reserve usd=0.000125 -- ./one.sh & done
      q-work --quiet -j2 -n 7 --reserve usd=0.000125 -- ./many.sh &
      q-work --quiet -j2 --stream=json --reserve usd=0.000125 -- ./stream.sh &
      for job in $(jobs -p); do wait $job; echo $?; done
      q-stats --budgets | tail -n 1; q-check --quiet
      """)
    #expect(
      result.output == """
        75
        75
        75
        75
        75
           0.015        0   0.0151        -        -  usd

        """, "\(result)")
  }

  @Test func `a reservation counts as spent when its worker is killed, and a removed run is heard`()
    throws
  {
    let shell = try Shell()
    let result = try shell.run(
      """
      seq 3 | q-enqueue --quiet
      q-work --quiet -j2 --reserve usd=0.25 -- sh -c 'touch on.$1; sleep 60' sh & w=$!
      until [ -e on.1 ] && [ -e on.2 ]; do sleep 0.01; done
      q-show 1 | grep reserved; kill -9 $w; wait $w 2> /dev/null
      q-work --quiet -j1 --limit 1 --no-wait -- true; q-stats --budgets | tail -n 1
      q-show 1 2 | grep -c 'spent     usd 0.25'
      q-work --quiet -j1 --limit 1 -- sh -c 'echo "spend usd 1" >> "$Q_CONTROL"; touch busy; sleep 60' sh & w=$!
      until [ -e busy ]; do sleep 0.01; done
      q-remove --quiet --force $(q-list processing); wait $w; q-stats --budgets | tail -n 1
      q-check --quiet
      """)
    #expect(
      result.output == """
        reserved  usd 0.25
             0.5        0        -        -        -  usd
        2
             1.5        0        -        -        -  usd

        """, "\(result)")
  }

  @Test
  func `what a run spent is booked when it is given back, and not when its requests mean nothing`()
    throws
  {
    let shell = try Shell()
    let result = try shell.run(
      """
      seq 2 | q-enqueue --quiet
      q-work --quiet -j1 -- sh -c 'echo "spend usd 3" >> "$Q_CONTROL"; touch on; sleep 60' sh 2> said & w=$!
      until [ -e on ]; do sleep 0.01; done
      kill $w; until grep -q 'once more' said; do sleep 0.01; done
      # A second signal so soon is an echo of the first.
      sleep 0.2; kill $w; wait $w; q-stats --budgets | tail -n 1; q-stats | sed -n 1p
      q-work --quiet -j1 --limit 1 -- sh -c 'echo "spend usd 3" >> "$Q_CONTROL"; \
        echo "spend usd 0.00000001" >> "$Q_CONTROL"' sh
      q-stats --budgets | tail -n 1; q-show 1 | grep message
      """)
    #expect(
      result.output == """
               3        0        -        -        -  usd
        pending    2
               3        0        -        -        -  usd
        message   control: line 2: not an amount: 0.00000001: a decimal number with at most six places, \
        like 0.0123

        """, "\(result)")
  }

  @Test func `what was spent at a rate is worked off however long that takes`() throws {
    let shell = try Shell()
    let result = try shell.run(
      """
      seq 3 | q-enqueue --quiet; q-config rate.usd=1/d
      q-work --quiet -j1 -- sh -c 'echo "spend usd 1000000" >> "$Q_CONTROL"' sh 2> said & w=$!
      until grep -q 'waiting for the rate of 1 usd in 1d' said; do sleep 0.01; done
      q-stats | sed -n 1,4p; q-stats --why; q-config rate.usd=; wait $w; echo $?
      """)
    #expect(
      result.output == """
        pending    2
        delayed    0
        processing 0
        done       1
        unit_rate   2
        done        1
        0

        """, "\(result)")
  }

  @Test func `what is only reserved is not spent, and a worker waits for what comes back`() throws {
    let shell = try Shell()
    let result = try shell.run(
      """
      seq 3 | q-enqueue --quiet; q-config budget.usd=1
      q-work --quiet -j1 --reserve usd=1 -- sh -c 'touch on; until [ -e off ]; do sleep 0.01; done' &
      until [ -e on ]; do sleep 0.01; done
      q-work --quiet -j1 --reserve usd=1 -- true & w=$!
      until [ $(ls .q/runs | wc -l) = 2 ]; do sleep 0.01; done
      q-stats | grep -c budget; q-stats --budgets | tail -n 1; touch off; wait; q-stats | sed -n 4p
      """)
    #expect(
      result.output == """
        0
               0        1        1        -        -  usd
        done       3

        """, "\(result)")
  }

  @Test
  func `what a killed worker's process was sent counts as spent, also when it was asked to end`()
    throws
  {
    let shell = try Shell()
    let result = try shell.run(
      """
      seq 1 | q-enqueue --quiet
      q-work --quiet -j1 --reserve usd=5 -- sh -c 'trap "" TERM; touch on; sleep 60' sh 2> said & w=$!
      until [ -e on ]; do sleep 0.01; done; kill $w
      until grep -q 'once more' said; do sleep 0.01; done; kill -9 $w; wait $w 2> /dev/null
      q-work --quiet -j1 -- true; q-stats --budgets | tail -n 1; q-show 1 | grep attempts
      seq 11 40 | q-enqueue --quiet
      q-work --quiet --stream=json -j1 --reserve usd=1 -- sh -c '
        for i in 1 2 3; do read -r line; echo "{\\"status\\":0,\\"spend\\":{\\"usd\\":0.5}}"; done
        touch three; read -r line; sleep 60' & w=$!
      until [ -e three ] && [ $(q-list done | wc -l) = 4 ]; do sleep 0.01; done
      held=$(q-list processing | wc -l); kill -9 $w; wait $w 2> /dev/null
      q-work --quiet -j1 -- true; echo $held; q-stats --budgets | tail -n 1; q-check --quiet
      """)
    let lines = result.output.split(separator: "\n").map(String.init)
    #expect(
      lines.prefix(2) == ["       5        0        -        -        -  usd", "attempts  1"])
    // What was claimed and not sent yet may have come back.
    let held = lines.dropFirst(2).first.flatMap { Double($0) } ?? 0
    let spent = lines.last?.split(separator: " ").first.flatMap { Double($0) } ?? 0
    #expect(held > 1 && spent > 6.5 + 1 && spent <= 6.5 + held, "\(result)")
  }

  @Test func `leases reserve and spend`() throws {
    let shell = try Shell()
    let result = try shell.run(
      """
      seq 9 | q-enqueue --quiet; q-config budget.usd=1
      q-claim --quiet -n 9 --reserve usd=0.3 > c; cut -f 3 c | xargs
      q-claim -n 9 --reserve usd=0.3; echo $?
      head -n 1 c | q-settle --quiet done --spend usd=0.05 --spend tokens=1k
      sed -n 2p c | cut -f 1 | sed 's/.*/{"token":"&","spend":{"usd":0.05},"note":"n"}/' \
        | q-settle --quiet --json failed --spend usd=0.01
      echo '{"spend":{"usd":-1}}' | q-settle --quiet --json done; echo $?
      q-stats --budgets; q-stats --budgets --json; q-show --json 1 | grep -o '"spent".*'
      q-list --json processing | grep -o '"reserved".*'
      """)
    #expect(
      result.output == #"""
        1 2 3
        75
        65
           spent reserved   budget     rate    rests  unit
            1000        0        -        -        -  tokens
            0.11      0.3        1        -        -  usd
        {"version":1,"queue":"default","budgets":[{"unit":"tokens","spent":1000,"reserved":0,"budget":null,\#
        "rate":null,"rests_until":null},{"unit":"usd","spent":0.11,"reserved":0.3,"budget":1,"rate":null,\#
        "rests_until":null}]}
        "spent":{"tokens":1000,"usd":0.05}}
        "reserved":{"usd":0.3}}

        """#, "\(result)")
    #expect(result.error.contains("it is not an amount"), "\(result)")
    #expect(
      result.error.contains(
        "the budget of usd does not suffice, 0 of 1, 0.9 reserved for runs, and an item reserves 0.3"
      ))
  }

  @Test func `budgets and rates of units are settings as others are`() throws {
    let shell = try Shell()
    let said = try shell.says(
      """
      seq 1 | q-enqueue --quiet; q-config budget.usd=2.50 rate.tokens-in=80k/m budget.tokens-in=2M rate=5/s
      q-config | tail -n 4; q-config rate.tokens-in; q-config budget.eur
      seq 1 | q-enqueue --quiet -q b; q-config | xargs q-config -q b; q-config -q b | tail -n 3
      q-config --json -q b | grep -o '"group_rate".*'
      q-config budget.usd= rate.tokens-in= budget.tokens-in=; q-config | tail -n 1
      """)
    #expect(
      said == #"""
        keep=
        budget.tokens-in=2000000
        budget.usd=2.5
        rate.tokens-in=80000/m
        80000/m

        budget.tokens-in=2000000
        budget.usd=2.5
        rate.tokens-in=80000/m
        "group_rate":null,"keep":null,"budget.tokens-in":2000000,"budget.usd":2.5,"rate.tokens-in":"80000/m"}
        keep=
        => 0
        """#, "\(said)")
  }

  @Test(arguments: [
    "budget.usd=-1", "budget.usd=0.0000001", "budget.usd=2m", "rate.usd=0/s", "rate.usd=1/x",
    "rate.usd=1/0s", "budget.=1", "budget.-x=1", "budget=1", "tokens=1",
  ])
  func `what is no setting is refused, and nothing is changed`(words: String) throws {
    let shell = try Shell()
    let result = try shell.run("seq 1 | q-enqueue; q-config budget.ok=1 \(words)")
    #expect(result.status == 64 && result.error.contains(words.split(separator: "=")[0]))
    #expect(try shell.run("q-config | tail -n 1").output == "keep=\n")
  }
}
