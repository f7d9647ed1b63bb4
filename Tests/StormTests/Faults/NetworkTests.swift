import Foundation
import QueueTestKit
import Testing

extension Storms {
  /// File systems whose locks prove nothing.
  @Suite struct NetworkTests {
    @Test(arguments: [
      ("0x6969", "NFS"), ("0xff534d42", "SMB"), ("0xfe534d42", "SMB"), ("0x01021997", "9P"),
      ("0x00c36400", "Ceph"), ("0x5346414f", "AFS"),
    ])
    func `a store on a network's file system is neither made nor used`(type: String, name: String)
      throws
    {
      let fixture = try StoreFixture()
      try fixture.enqueue(["a"])
      let library = CommandProcess.products + "/network.so"
      let preload = "export LD_PRELOAD='\(library)' FILE_SYSTEM=\(type);"
      for command in ["q-stats", "q-check", "q-enqueue < /dev/null", "q-work -- true"] {
        let verb = command.prefix { $0 != " " }
        #expect(
          fixture.says("\(preload) \(command)") == """
            \(verb): cannot use DIR/store: \(name) has no locks to trust: use a local disk
            => 69
            """)
      }
      #expect(
        fixture.says("\(preload) echo a | q-enqueue -s new") == """
          q-enqueue: cannot create a store: DIR/new: \(name) has no locks to trust: use a local disk
          => 69
          """)
      #expect(fixture.says("ls -A | grep new") == "=> 1")
    }
  }
}
