import Testing

/// q-work in a terminal of its own, with a shell that has job control.
@Suite struct TerminalTests {
  /// A terminal whose keys are typed by `type`, and what helps to look at processes.
  private static let terminal = """
    set -m; export TERM=xterm; mkfifo keys; exec 3<>keys
    script -qfc 'bash --norc --noprofile -i' shown < keys > /dev/null 2>&1 & terminal=$!
    type() { printf "$@" >&3; }
    state() { ps -o stat= -p "$1" | cut -c1; }
    until_true() { for n in $(seq 1500); do eval "$1" && return; sleep 0.02; done; echo "never: $1"; }

    """

  @Test func `a terminal's stop key stops handlers and worker, and fg goes on with both`() throws {
    let shell = try Shell()
    let said = try shell.run(
      Self.terminal + #"""
        echo a | q-enqueue --quiet
        type '%s\n' "q-work -j1 -- sh -c 'echo \$\$ > pid; while [ ! -e go ]; do sleep 0.05; done' sh"
        until_true '[ -s pid ]'
        handler=$(cat pid); worker=$(ps -o ppid= -p $handler | tr -d ' ')
        type '\032'
        until_true '[ "$(state $handler)" = T ] && [ "$(state $worker)" = T ]'; q-stats | sed -n 3p
        type 'fg\n'
        until_true '[ "$(state $handler)" != T ] && [ "$(state $worker)" != T ]'
        touch go
        until_true 'q-stats | grep -q "^done  *1$"'
        type 'exit\n'; wait $terminal; q-show a | grep attempts; grep -c "1/1 100%" shown
        """#)
    #expect(said.output.hasPrefix("processing 1\nattempts  1\n"), "\(said)")
  }

  @Test func `the progress line is rewritten in place, and cut at the width of the terminal`()
    throws
  {
    let shell = try Shell()
    let said = try shell.run(
      Self.terminal + #"""
        seq 30 | q-enqueue --quiet
        type 'stty cols 20\n'
        type "q-work -j2 -- sh -c 'sleep 0.05; echo out \$1' sh; touch over\n"
        until_true '[ -e over ]'; type 'exit\n'; wait $terminal
        tr '\r' '\n' < shown | grep -a '/30 ' | sed 's/\x1b\[K//' | awk '{ if (length($0) > m) m = length($0) } END { print m }'
        grep -ac 'out 30' shown
        """#)
    // One column stays free, so that no terminal wraps.
    #expect(said.output == "19\n1\n", "\(said)")
  }

  @Test func `the interrupt key drains, a second one ends`() throws {
    let shell = try Shell()
    let said = try shell.run(
      Self.terminal + #"""
        seq 3 | q-enqueue --quiet
        type '%s\n' "q-work -j1 -- sh -c 'touch on; exec sleep 1000' sh"
        until_true '[ -e on ]'; type '\003'; until_true 'grep -qa "once more" shown'; sleep 0.2
        type '\003'; until_true 'q-stats | grep -q "^processing 0"'
        type 'echo status $? > status\n'; until_true '[ -s status ]'; type 'exit\n'; wait $terminal
        cat status; q-stats | head -n 1
        """#)
    #expect(said.output == "status 130\npending    3\n", "\(said)")
  }
}
