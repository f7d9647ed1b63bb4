import Foundation
import Testing

/// Every recipe of the README, as it stands there, with what it needs around it.
@Suite struct CookbookTests {
  /// What is there before, what is run afterwards, and what that prints.
  struct Scene: Sendable {
    var title: String
    var before: String
    var after: String
    var expected: String
    /// The recipe runs on until it is ended.
    var runsOn = false
  }

  /// A server that stands in for every host, in the background.
  private static let server = """

    python3 "\(Shell.checkout)/fixtures/server.py" "$PWD" & until [ -s port ]; do sleep 0.02; done
    http_proxy=http://127.0.0.1:$(cat port); export http_proxy; unset no_proxy NO_PROXY
    """

  static let scenes = [
    Scene(
      title: "Files with odd names",
      before: #"printf 123 > $'a\nb.jpg'; printf 12 > ' "x" .jpg'"#,
      after: #"cat $'a\nb.jpg.size' ' "x" .jpg.size'"#, expected: "3\n2\n"),
    Scene(
      title: "Retry what failed for one reason",
      before: """
        seq 4 | q-enqueue --quiet; q-work --quiet --max-attempts 1 -- \
        sh -c '[ $1 -gt 2 ] && echo "refused $1" >&2 || echo "no $1" >&2; exit 1' sh
        """,
      after: "q-list done; q-list failed", expected: "3\n4\n1\n2\n"),
    Scene(
      title: "Shards", before: "seq 100 > ids.txt", after: "q-list done --all | sort -n | cksum",
      expected: "\(checksum)\n"),
    Scene(
      title: "Overlapping cron runs", before: "mkdir inbox; touch inbox/a inbox/b",
      after: "q-list done | sort", expected: "inbox/a\ninbox/b\n"),
    Scene(
      title: "A nightly queue under a service manager", before: ":",
      after: """
        echo a | q-enqueue --quiet --queue nightly; q-wait --queue nightly --quiet
        kill -TERM $recipe; wait $recipe; echo $?
        """, expected: "143\n", runsOn: true),
    Scene(
      title: "One command on many hosts",
      before: """
        seq 2 | sed 's/^/host/' > hosts.txt; mkdir bin; PATH=$PWD/bin:$PATH
        printf '#!/bin/sh\\n[ "$2" != host2 ] && echo "$2: $3"' > bin/ssh; chmod +x bin/ssh
        """,
      after: "q-list done --queue hosts", expected: "host1: uptime\nhost2\nhost1\n"),
    Scene(
      title: "Nine minutes at a time", before: "seq 3 | q-enqueue --quiet",
      after: "q-list done | wc -l", expected: "3\n"),
    Scene(
      title: "Ten first", before: "seq 20 | q-enqueue --quiet", after: "q-list done | wc -l",
      expected: "20\n"),
    Scene(
      title: "A polite crawler over many hosts",
      before: #"""
        for h in a b static.example.com; do echo http://$h/1; echo http://$h/2; done > urls.txt
        echo http://b/busy >> urls.txt
        """# + server,
      // One that was told to rest is pending, and its host waits: the recipe is ended meanwhile.
      after: """
        until [ $(q-list done --queue pages | wc -l) = 6 ] && grep -q 429 log; do sleep 0.05; done
        until q-stats --queue pages --groups | grep '1m[0-9]*s  b$' > said; do sleep 0.05; done
        q-list pending delayed --queue pages; kill $recipe; wait $recipe 2> /dev/null
        awk '$2 > 2 { print "too many at once: " $0 }' log; grep -c . log
        """,
      expected: "http://b/busy\n7\n", runsOn: true),
    Scene(
      title: "A language model within a budget",
      before: #"""
        LLM_URL=http://model/ask; export LLM_URL
        for i in $(seq 12); do printf 'q%s\tWhat is %s?\n' $i $i; done > prompts.tsv
        """# + server,
      after: #"""
        sort -V answers.tsv | head -n 2; awk '{ print $3 }' log | sort | uniq -c
        q-config --queue ask budget.usd=0.0004; seq 3 | q-enqueue --quiet --queue ask
        q-work --queue ask --quiet --reserve usd=0.0002 -- ./ask.sh 2> /dev/null; echo $?
        q-check --quiet; q-stats --queue ask --budgets | tail -n 1
        """#,
      expected: """
        q1\t?1 si tahW
        q2\t?2 si tahW
             12 200
        75
        0.000369        0   0.0004        -        -  usd

        """),
    Scene(
      title: "A reduce step after its maps",
      before: "for i in 1 2 3; do seq $i > $i.txt; echo $i.txt; done > ids.txt",
      after: "cat sum; q-stats --batches | awk '{ print $4, $7 }'",
      expected: "6\ndone state\n3 complete\n"),
    Scene(
      title: "Two handlers a GPU",
      before: #"""
        seq 8 | q-enqueue --quiet; mkdir held; cat > train <<'END'
        #!/bin/sh
        [ $1 = 3 ] && [ ! -e broken ] && echo $CUDA_VISIBLE_DEVICES > broken && exit 1
        mkdir held/$CUDA_VISIBLE_DEVICES.a 2>/dev/null || mkdir held/$CUDA_VISIBLE_DEVICES.b || exit 1
        sleep 0.05; rmdir held/$CUDA_VISIBLE_DEVICES.b 2>/dev/null || rmdir held/$CUDA_VISIBLE_DEVICES.a
        END
        chmod +x train
        """#,
      after: "q-list done | wc -l; ls held; grep -c . broken", expected: "8\n1\n"),
    Scene(
      title: "Slow down when told to",
      before: #"""
        printf 'http://h/%s\n' ok busy gone | q-enqueue --quiet
        """# + server,
      after:
        "q-list done | sort; q-show http://h/busy http://h/gone | grep -E '^(attempts|message)'",
      expected: "http://h/busy\nhttp://h/ok\nattempts  1, 1 deferred\nattempts  1\nmessage   gone\n"
    ),
    Scene(
      title: "Load results elsewhere, each at least once",
      before: """
        seq 400 | q-enqueue --quiet; printf '#!/bin/sh\\nsleep 0.01; echo $(($1 * 2))' > measure
        chmod +x measure
        """,
      // The reader is killed again and again, and begun again.
      after: """
        for i in 1 2 3 4 5; do
          sleep 0.2
          for p in $(pgrep -x q-results); do
            [ "$(readlink /proc/$p/cwd)" != "$PWD" ] || kill -9 $p
          done
          q-results --reader sink --follow | ./load.sh &
        done
        q-wait --quiet; until [ "$(wc -l < table)" = 400 ]; do sleep 0.05; done
        sort -n table | cksum; for i in $(seq 400); do echo "$i $((i * 2))"; done | cksum
        """,
      expected: "727507957 3039\n727507957 3039\n", runsOn: true),
    Scene(
      title: "Exactly what has changed",
      before: """
        mkdir src; for i in 1 2 3 4; do echo $i > src/$i; done
        printf '#!/bin/sh\\nbasename $1 >> ran\\n' > handler.sh
        """,
      // Nothing has changed; then a file has; then the handler; then two files, when all were pruned.
      after: #"""
        again() {
          recipe=$(sha256sum < handler.sh)
          find src -type f -exec sha256sum {} + | sed -E 's/^([0-9a-f]+)  (.*)/\2\t\1/' |
            q-enqueue --quiet --tsv --on-change requeue
          q-retry --quiet --stale "$recipe"
          q-work --quiet --recipe "$recipe" -- ./handler.sh {}
          sort ran | tr '\n' ' '; : > ran
        }
        again; again; echo new > src/2; again; echo '# changed' >> handler.sh; again | wc -w
        q-prune --quiet --all; echo new > src/1; echo 5 > src/5; again
        """#,
      expected: "1 2 3 4 2 4\n1 5 "),
    Scene(
      title: "Answers in the order of the questions",
      before: "seq 30 | q-enqueue --quiet; printf '#!/bin/sh\\necho $(($1 * $1))' > handler.sh",
      after:
        "tail -n 1 answers.tsv; cut -f 1 answers.tsv | cksum; seq 30 | cksum; wc -l < runs.log",
      expected: "30\t900\n2398169153 81\n2398169153 81\n31\n"),
    Scene(
      title: "What starts slowly, once for many",
      before: """
        seq 40 | q-enqueue --quiet; q-config backoff=1ms..2ms
        printf '#!/bin/sh\\n[ $1 != 7 ] || exit 65' > handler.sh
        """,
      after: "q-list done | wc -l; q-list failed", expected: "39\n7\n"),
    Scene(
      title: "A handler that lives on",
      before: "printf '%s\\n' a b longer-than-that | q-enqueue --quiet",
      after: "q-list done; q-list failed --long | cut -f4-",
      expected: "a\nb\nlonger-than-that is too long\tlonger-than-that\n"),
    Scene(
      title: "Objects in, objects out",
      before: #"printf '{"order":7,"total":900}\n{"order":8,"total":2}\n' > orders.jsonl"#,
      after: "q-list done | sort; q-show --payload -q review 7",
      expected: "7\n8\n{\"order\":7,\"total\":900}"),
    Scene(
      title: "One stage feeds the next",
      before: """
        seq 3 | q-enqueue --quiet --queue crawl
        printf '#!/bin/sh\\necho a$1; echo b$1; echo c' > links.sh; chmod +x links.sh
        """,
      after: "q-list done --queue parse | sort | tr '\\n' ' '", expected: "a1 a2 a3 b1 b2 b3 c "),
    Scene(
      title: "Be the worker yourself",
      before: """
        seq 3 | q-enqueue --quiet; q-config max-attempts=1
        printf '#!/bin/sh\\n[ $1 != 2 ]' > handler.sh
        """,
      after: "q-list done; q-list failed", expected: "1\n3\n2\n"),
    Scene(
      title: "From elsewhere",
      // As nq 0.4 and task-spooler 1.0.1 leave them.
      before: #"""
        sqlite3 items.db "create table items(id text primary key, status text, attempts integer);
          insert into items values('u1','done',1),('u 2','failed',3),('u3','pending',0),('u4','processing',1)"
        printf '%s\t' Seq Host Starttime JobRuntime Send Receive Exitval Signal > joblog; echo Command >> joblog
        printf '1\t:\t1796062089.322\t     0.120\t0\t0\t0\t0\techo a >> ran\n' >> joblog
        printf '2\t:\t1796062089.329\t     2.000\t0\t0\t3\t0\texit 3\n' >> joblog
        printf 'exec nq sleep 3\n\n\n[exited with status 0.]\n' > ,1a22da471b4.28787
        printf "exec nq sh -c 'echo \"two  words\" >> ran' b" > ,1a22da471ba.28790
        mkdir -p bin; cat > bin/tsp <<'END'
        #!/bin/sh
        cat <<'LIST'
        ID   State      Output               E-Level  Times(r/u/s)   Command [run=1/1]
        1    running    /tmp/ts-out.fhDZ08                           echo three >> ran
        2    queued     (file)                                       echo four >> ran
        0    finished   /tmp/ts-out.dXBzKr   0        2.01/0.00/0.00 echo no >> ran
        LIST
        END
        chmod +x bin/tsp; PATH=$PWD/bin:$PATH
        """#,
      after: """
        sort ran; q-list --queue commands failed; q-list done; q-list failed; q-list pending | tr '\\n' ' '
        q-show --json 'u 2' | jq .attempts
        """,
      expected: "four\nthree\ntwo  words\nexit 3\nu1\nu 2\nu3 u4 3\n"),
    Scene(
      title: "As a skill of an agent", before: ":", after: "head -n 2 SKILL.md",
      expected: "---\nname: q\n"),
    Scene(
      title: "Payloads",
      before: #"printf '{"order":7,"total":9}\n{"order":8,"total":2}\n' > orders.jsonl"#,
      after: "cat total.7 total.8", expected: "total\":9}\ntotal\":2}\n"),
    Scene(
      title: "Publish when all is done",
      before: """
        seq 3 > more.txt; printf '#!/bin/sh\\necho published' > publish.sh; chmod +x publish.sh
        q-work --follow --quiet -- ./handler.sh & worker=$!
        """,
      after: "kill $worker; wait $worker", expected: "published\n"),
    Scene(
      title: "No more than the server bears", before: "seq 8 | q-enqueue --quiet",
      after: "q-list done | wc -l", expected: "8\n"),
    Scene(
      title: "What the log says, as it says it",
      before: "printf '/a 500 1\\n/b 200 1\\n' > access.log",
      after: """
        printf '/c 500 1\\n' >> access.log
        until [ "$(q-list done --queue errors 2> /dev/null | wc -l)" = 2 ]; do sleep 0.05; done
        q-list done --queue errors; kill $recipe; wait $recipe
        """, expected: "/a 500 1\n/c 500 1\n", runsOn: true),
  ]

  private static let checksum = "3917710714 292"

  @Test(arguments: scenes)
  func `a recipe does what it says`(scene: Scene) throws {
    let recipe = try #require(try Self.recipes()[scene.title], "\(scene.title) is not there")
    let shell = try Shell()
    let body =
      scene.runsOn
      ? "( \(recipe) ) > said 2>&1 & recipe=$!" : "{ \(recipe)\n} 2> errors; cat errors >&2"
    let said = try shell.run(
      """
      printf '#!/bin/sh\\nexit 0\\n' > handler.sh; chmod +x handler.sh
      \(scene.before)
      \(body)
      \(scene.after)
      """, within: 90)
    #expect(said.output.hasSuffix(scene.expected), "\(said)")
  }

  @Test func `there is a test for each recipe`() throws {
    #expect(try Self.recipes().keys.sorted() == Self.scenes.map(\.title).sorted())
  }

  /// The code of each recipe, by its title.
  static func recipes() throws -> [String: String] {
    let readme = try String(
      decoding: Data(contentsOf: URL(filePath: "\(Shell.checkout)/README.md")), as: UTF8.self)
    let cookbook = try #require(readme.split(separator: "\n## ").first { $0.hasPrefix("Cookbook") })
    var recipes: [String: String] = [:]
    for part in cookbook.split(separator: "\n### ").dropFirst() {
      let title = String(part.prefix { $0 != "\n" })
      let code = try #require(
        part.split(separator: "```sh\n").last?.split(separator: "\n```").first)
      recipes[title] = String(code)
    }
    return recipes
  }
}
