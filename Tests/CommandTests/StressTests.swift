import Foundation
import QueueTestKit
import Testing

/// The stress tests that GNU parallel publishes for other tools (parallel_alternatives(7), "TESTING
/// OTHER TOOLS"), by their names there, and runs that are long or wide. Small here; as large as they
/// are meant to be under `make stress`.
@Suite(.serialized) struct StressTests {
  private static let isFull = ProcessInfo.processInfo.environment["Q_STRESS"] == "full"

  private static func size(_ full: Int, small: Int) -> Int { isFull ? full : small }

  /// Shell functions: kilobytes that a process has for itself, not in files, and the most that it had
  /// until it ended.
  private static let tools = """
    private() { awk '/^Anonymous/ { print $2 }' /proc/$1/smaps_rollup 2> /dev/null; }
    most_private() {
      most=0
      while [ -e /proc/$1/smaps_rollup ]; do
        now=$(private $1); [ "${now:-0}" -gt $most ] && most=$now; sleep 0.02
      done
      echo $most
    }

    """

  private func run(_ line: String, _ shell: Shell, within seconds: Double = 180) throws
    -> Shell.Result
  {
    try shell.run(Self.tools + line, within: Self.isFull ? 1_800 : seconds)
  }

  @Test func `MIX: what handlers write at the same time never mixes`() throws {
    let shell = try Shell()
    let count = Self.size(2_000, small: 60)
    let said = try run(
      #"""
      seq \#(count) | q-enqueue --quiet
      q-work --quiet -j 16 -- sh -c '
        printf "%s-" $1; sleep 0.0$(($1 % 5)); printf "%s-" $1; sleep 0.01; echo $1' sh > out
      awk -F - '$1 != $2 || $2 != $3 || NF != 3 { bad++ } END { print NR, bad + 0 }' out
      cut -d - -f 1 out | sort -n | uniq | wc -l
      """#, shell)
    #expect(said.output == "\(count) 0\n\(count)\n", "\(said)")
  }

  @Test func `STDERRMERGE: errors stay errors, and are whole as well`() throws {
    let shell = try Shell()
    let said = try run(
      #"""
      seq 40 | q-enqueue --quiet
      q-work --quiet -j 8 -- sh -c '
        for n in 1 2 3; do echo "out $1"; echo "err $1" >&2; sleep 0.005; done' sh > out 2> err
      grep -c out out; grep -c err err; grep -c err out; grep -c out err
      uniq -c out | awk '$1 != 3' | wc -l; uniq -c err | awk '$1 != 3' | wc -l
      """#, shell)
    #expect(said.output == "120\n120\n0\n0\n0\n0\n", "\(said)")
  }

  @Test(arguments: ["", "--keep-order", "--line-buffer", "--tag"])
  func `RAM: large outputs take no memory`(option: String) throws {
    let shell = try Shell()
    let size = Self.size(1_000, small: 40) << 20
    let said = try run(
      """
      seq 3 | q-enqueue --quiet
      q-work --quiet -j 3 \(option) -- sh -c 'yes $(seq 20) | head -c \(size)' sh > /dev/null & work=$!
      most_private $work; wait $work; echo $?
      """, shell)
    let lines = said.output.split(separator: "\n").compactMap { Int($0) }
    #expect(lines.count == 2 && lines[0] > 0 && lines[0] < 64 << 10 && lines[1] == 0, "\(said)")
  }

  @Test(arguments: ["", "--keep-order"])
  func `DISKFULL: output that finds no room is said, and the item goes back`(option: String) throws
  {
    let shell = try Shell()
    // Where nothing can be mounted, a place where no file can be made.
    let said = try run(
      #"""
      seq 3 | q-enqueue --quiet; mkdir small
      try='q-work --quiet -j 1 \#(option) -- sh -c "[ \$1 = 2 ] && head -c 8000000 /dev/zero; echo end \$1" sh'
      if unshare -rm mount -t tmpfs -o size=1m none small 2> /dev/null; then
        TMPDIR=$PWD/small unshare -rm sh -c "mount -t tmpfs -o size=1m none small && $try" > out
      else
        TMPDIR=$PWD/none bash -c "$try" > out
      fi
      echo $?; head -n 1 out; q-list pending | grep 2; q-show 2 | grep attempts; tr -dc '\0' < out | wc -c
      """#, shell)
    #expect(said.output == "74\nend 1\n2\nattempts  0\n0\n", "\(said)")
    #expect(
      said.error.contains("cannot hand on a handler's output: ")
        && (said.error.contains("No space left on device") || said.error.contains("No such file")),
      "\(said)")
  }

  @Test func `CLEANUP: nothing is left outside the store, however the worker ends`() throws {
    let shell = try Shell()
    let said = try run(
      #"""
      mkdir temporary; export TMPDIR=$PWD/temporary; seq 4 | q-enqueue --quiet
      q-work --quiet -j 4 --keep-order -- sh -c 'head -c 300000 /dev/zero; [ $1 != 1 ] || sleep 1000' sh > out &
      work=$!; until [ "$(ls /proc/$work/fd -l 2> /dev/null | grep -c 'temporary.*(deleted)')" -gt 1 ]; do sleep 0.02; done
      ls -A temporary | wc -l; kill -9 $work; wait $work 2> /dev/null; ls -A temporary | wc -l
      q-work --quiet -j 4 -- sh -c 'head -c 300000 /dev/zero' > out; ls -A temporary | wc -l
      ls -A | grep -v '^\.out\|^\.err' | sort | tr '\n' ' '; ls .q/control .q/runs | wc -w
      """#, shell)
    // Two words: the names of the two directories.
    #expect(said.output == "0\n0\n0\n.q out temporary 2\n", "\(said)")
  }

  @Test func `CLEANUP: a worker that waits holds no room of outputs that are out`() throws {
    let shell = try Shell()
    let said = try run(
      #"""
      mkdir temporary; export TMPDIR=$PWD/temporary; seq 4 | q-enqueue --quiet
      q-work --quiet --follow -j 4 -- sh -c 'head -c 300000 /dev/zero' > out & work=$!
      until [ "$(wc -c < out)" = 1200000 ]; do sleep 0.02; done
      until q-stats | grep -q '^done  *4$'; do sleep 0.02; done
      ls -l /proc/$work/fd | grep -c 'temporary.*(deleted)'; kill $work; wait $work
      """#, shell)
    #expect(said.output == "0\n", "\(said)")
  }

  @Test func `SPCCHAR: ids are bytes, and come out as they went in`() throws {
    let shell = try Shell()
    let said = try run(
      #"""
      for n in $(seq 255); do printf "\\x$(printf %x $n)\\0"; done > ids
      printf '%s\0' '-n' '--help' '$(touch bad)' '`touch bad`' "it's" '""' 'a  b ' '/*' '~/' '{}' '\n' '!!' >> ids
      printf 'two\nlines\0\xc3\xa9\0\xff\xfe\0' >> ids
      q-enqueue -0 --quiet < ids; q-work --quiet -j 1 -- printf '%s\0' > out; cmp ids out && echo same
      q-list done -0 | cmp - ids && echo same
      q-work --quiet true; ls -A | grep -c bad
      """#, shell)
    #expect(said.output == "same\nsame\n0\n", "\(said)")
  }

  @Test func `COMPOSED: a shell's program is refused an id, by design, and shown the right way`()
    throws
  {
    let shell = try Shell()
    let refused = try run(
      "echo 'a; touch bad' | q-enqueue --quiet; q-work -- sh -c 'echo {}; echo {}'", shell)
    #expect(refused.status == 64 && refused.error.contains(#"sh -c '... "$1" ...' sh {}"#))
    let right = try run("q-work --quiet -- sh -c 'echo \"$1\"; echo \"$1\"' sh {}; ls bad", shell)
    #expect(right.output == "a; touch bad\na; touch bad\n", "\(right)")
  }

  @Test(arguments: [
    ("{}", "a/b.c"), ("{}{}", "a/b.ca/b.c"), ("-{.}-{/}-{//}-{/.}-", "-a/b-b.c-a-b-"),
    ("{#}{%}{}", "11a/b.c"), ("{} {} {}", "a/b.c a/b.c a/b.c"),
  ])
  func `ONEREP: the id stands in many places`(word: String, expected: String) throws {
    let shell = try Shell()
    let said = try run(
      "echo a/b.c | q-enqueue --quiet; q-work --quiet -j 1 -- echo \(word)", shell)
    #expect(said.output == expected + "\n", "\(said)")
  }

  @Test
  func
    `INPUTSIZE: ids of 65,535 bytes pass, longer ones are named, and too long a command fails alone`()
    throws
  {
    let shell = try Shell()
    let said = try run(
      """
      long=$(printf '%065535d' 7); { echo a; echo "$long"; echo "${long}8"; echo b; } > ids
      q-enqueue < ids; echo $?
      q-work --quiet -j 1 -- sh -c 'printf "%s" "$1" | wc -c' sh; q-remove --all --yes --quiet
      { echo a; echo "$long"; echo b; } | q-enqueue --quiet
      q-work --quiet -j 1 -- echo {}{}{} | cut -c 1-9; q-list failed | wc -c; q-stats --errors | cut -f 1,2
      """, shell)
    #expect(
      said.output == """
        65
        1
        65535
        1
        aaa
        bbb
        65536
        1\tits arguments are too long for the system

        """, "\(said)")
    #expect(said.error.contains("65,535"), "\(said.error.prefix(300))")
  }

  @Test func `NUMWORDS: a line is one id, however many words it has`() throws {
    let shell = try Shell()
    let said = try run(
      """
      seq 10000 | tr '\\n' ' ' > line; echo >> line; q-enqueue --quiet < line
      q-work --quiet -- sh -c 'echo $#; printf "%s\\n" "$1" | cmp - line && echo same' sh
      """, shell)
    #expect(said.output == "1\nsame\n", "\(said)")
  }

  @Test(arguments: ["", "--line-buffer"])
  func `4GB: one line of over 4 GB comes out whole, in little memory`(option: String) throws {
    let shell = try Shell()
    let size = Self.size(4_300_000_000, small: 60_000_000)
    let said = try run(
      """
      line() { head -c \(size) /dev/zero | tr '\\0' x; echo; }
      echo a | q-enqueue --quiet; line | cksum > expected
      mkfifo pipe; cksum < pipe > came & sum=$!
      q-work --quiet \(option) -- sh -c "head -c \(size) /dev/zero | tr '\\\\0' x; echo" > pipe & work=$!
      most_private $work; wait $work; echo $?; wait $sum; cmp came expected && echo same
      """, shell)
    let lines = said.output.split(separator: "\n")
    #expect(lines.count == 3 && Int(lines[0]) ?? .max < 64 << 10, "\(said)")
    #expect(lines.dropFirst() == ["0", "same"], "\(said)")
  }

  @Test func `a long run leaks no descriptor, thread, zombie or memory`() throws {
    let shell = try Shell()
    let count = Self.size(100_000, small: 6_000)
    let said = try run(
      """
      look() {
        until [ "$(q-stats | awk '$1 == "done" { print $2 }')" -ge $1 ]; do sleep 0.02; done
        kill -STOP $work; sleep 0.05
        echo $(ls /proc/$work/fd | wc -l) $(ls /proc/$work/task | wc -l) \
          $(ps -o stat= --ppid $work | grep -c Z) $(private $work)
        kill -CONT $work
      }
      seq \(count) | q-enqueue --quiet; q-work --quiet -j 4 -- true & work=$!
      look \(count / 4); look \(count * 9 / 10); wait $work; echo $?
      """, shell)
    let lines = said.output.split(separator: "\n").map { line in
      line.split(separator: " ").compactMap { Int($0) }
    }
    guard lines.count == 3, lines[0].count == 4, lines[1].count == 4 else {
      Issue.record("\(said)")
      return
    }
    let (early, late) = (lines[0], lines[1])
    // Four handlers more or less may run at the moment of looking, with six descriptors each.
    #expect(abs(late[0] - early[0]) <= 24 && late[1] == early[1], "\(said)")
    #expect(late[2] <= 4 && late[3] - early[3] < 2_048 && lines[2] == [0], "\(said)")
  }

  @Test func `thousands of handlers run at once`() throws {
    let shell = try Shell()
    let count = Self.size(4_096, small: 200)
    let said = try run(
      """
      ulimit -n 50000 2> /dev/null; n=$((($(ulimit -Hn) - 64) / 10)); [ $n -lt \(count) ] || n=\(count)
      seq $n | q-enqueue --quiet; mkdir on
      q-work --quiet -j $n -- sh -c '
        : > on/$1; until [ -e all ]; do sleep 2; done' sh & work=$!
      until [ $(ls on | wc -l) = $n ]; do kill -0 $work || break; sleep 0.1; done
      ls on | wc -l; touch all; wait $work; echo $?; q-list done | wc -l; echo $n
      """, shell)
    let numbers = said.output.split(separator: "\n").compactMap { Int($0) }
    // As many as the limit of open files carries.
    #expect(numbers.count == 4 && numbers[3] >= min(count, 1_500), "\(said)")
    #expect(numbers[0] == numbers[3] && numbers[1] == 0 && numbers[2] == numbers[3], "\(said)")
  }
}
