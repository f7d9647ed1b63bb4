import QueueCore
import QueueTestKit
import Testing

@testable import Postgres
@testable import PostgresStore

/// What addresses and failures are read as, without a server.
@Suite struct AddressTests {
  @Test(arguments: [
    ("//u:secret@h/db?schema=a", "//u@h/db?schema=a"),
    ("//u:secret@h1:1,h2:2/db", "//u@h1:1,h2:2/db"),
    ("//u:sec?ret@h/db", "//u@h/db"),
    ("//u:sec%40ret@h/db", "//u@h/db"),
    ("//h/db?user=u&password=secret&schema=a", "//h/db?user=u&schema=a"),
    ("//h/db?pass%77ord=secret", "//h/db"),
    ("//h/db?sslpassword=secret", "//h/db"),
    ("//h:5432/db", "//h:5432/db"),
    ("//[::1]:5432/db?application_name=a:b@c", "//[::1]:5432/db?application_name=a:b@c"),
  ])
  func `an address is shown without its password`(_ place: String, _ shown: String) throws {
    #expect(try StoreLocation(place).shown == "postgres:" + shown)
    #expect(PostgresEngine(guardProgram: nil).address(of: place) == "postgres:" + shown)
  }

  @Test(arguments: [
    "//u:sec/secret@h/db", "//u:secret@secret/secret@h/db", "//u:%zzsecret@h/db",
    "//u:secret@[h/db", "host=h password=secret", "//u:secret@h/db?nothing=1",
    "//h/db?nothing=1&password=secret", "//h/db?password=%zzsecret", "//h/db?password=a=secret",
  ])
  func `one that cannot be read is refused without its password`(_ place: String) throws {
    let error = #expect(throws: StoreError.self) { _ = try StoreLocation(place) }
    #expect(error?.code == .unusable)
    #expect(error?.message.contains("secret") == false)
    #expect(error?.message.contains("postgres://user@host/database?schema=q") == true)
  }

  @Test(arguments: [
    ("FATAL:  28P01: password authentication failed", "28P01", "password authentication failed"),
    ("connection to server on socket \"/s\" failed: ВАЖНО:  53300: слишком", "53300", "слишком"),
    ("connection to server failed: ÖLÜMCÜL (FATAL):  57P03: sistem", "57P03", "sistem"),
    ("致命错误:  3D000: 不存在", "3D000", "不存在"),
    ("could not connect: No such file or directory", "", "could not connect"),
  ])
  func `a server's failure is known in every language`(
    _ message: String, _ state: String, _ words: String
  ) {
    let error = PostgresError(connecting: message + "\nLOCATION:  auth_failed, auth.c:330\n", "")
    #expect(error.state == state)
    #expect(error.message.contains(words))
    #expect(state.isEmpty || !error.message.contains(state))
    #expect(!error.message.contains("LOCATION"))
  }
}
