// swift-tools-version: 6.2
import PackageDescription

/// Checks every target of ours is built with. Dependencies keep their own settings.
let checks: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("ExistentialAny"),
  .treatAllWarnings(as: .error),
]

/// One executable file; the name it is called by selects the command.
let commands = [
  "q", "q-enqueue", "q-work", "q-stats", "q-list", "q-show", "q-retry", "q-remove", "q-pause",
  "q-resume", "q-wait", "q-claim", "q-extend", "q-settle", "q-results", "q-config",
  "q-prune", "q-compact", "q-copy", "q-export", "q-import", "q-check",
]

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")

let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")

let package = Package(
  name: "queue-directory",
  products: commands.map { .executable(name: $0, targets: ["q"]) } + [
    .library(name: "QueueDirectory", targets: ["QueueCore", "QueueLogic", "LMDBStore"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
  ],
  targets: [
    .systemLibrary(name: "CLMDB", providers: [.apt(["liblmdb-dev"])]),
    .target(name: "CProcess"),
    .target(name: "CStart"),
    .target(name: "System", dependencies: ["CProcess"], swiftSettings: checks),
    .target(name: "LMDB", dependencies: ["CLMDB", "System"], swiftSettings: checks),
    .target(name: "JSONText", swiftSettings: checks),
    .target(name: "QueueCore", dependencies: ["JSONText"], swiftSettings: checks),
    .target(name: "OrderedStore", dependencies: ["QueueCore"], swiftSettings: checks),
    .target(
      name: "QueueLogic", dependencies: ["OrderedStore", "QueueCore"], swiftSettings: checks),
    .target(
      name: "LMDBStore",
      dependencies: ["LMDB", "OrderedStore", "QueueCore", "QueueLogic", "System"],
      swiftSettings: checks),
    .systemLibrary(name: "CPostgres", providers: [.apt(["libpq-dev"])]),
    .target(name: "Postgres", dependencies: ["CPostgres", "System"], swiftSettings: checks),
    .target(
      name: "PostgresStore",
      dependencies: ["OrderedStore", "Postgres", "QueueCore", "QueueLogic", "System"],
      swiftSettings: checks),
    .target(
      name: "Worker", dependencies: ["CProcess", "JSONText", "QueueCore", "System", histogram],
      swiftSettings: checks),
    .target(
      name: "QueueCommands",
      dependencies: ["CStart", "JSONText", "QueueCore", "System", "Worker", argumentParser],
      swiftSettings: checks),
    .executableTarget(
      name: "q-postgres",
      dependencies: [
        "CProcess", "PostgresStore", "QueueCommands", "QueueCore", "System", "Worker",
      ],
      swiftSettings: checks),
    .executableTarget(
      name: "q", dependencies: ["LMDBStore", "QueueCommands"], swiftSettings: checks),

    .target(
      name: "QueueTestKit", dependencies: ["OrderedStore", "QueueCore"], path: "Tests/QueueTestKit",
      swiftSettings: checks),
    .testTarget(
      name: "QueueCoreTests", dependencies: ["QueueCore", "QueueTestKit"], swiftSettings: checks),
    .testTarget(name: "SystemTests", dependencies: ["CProcess", "System"], swiftSettings: checks),
    .testTarget(name: "LMDBTests", dependencies: ["LMDB"], swiftSettings: checks),
    .testTarget(
      name: "QueueLogicTests",
      dependencies: ["OrderedStore", "QueueCore", "QueueLogic", "QueueTestKit"],
      swiftSettings: checks),
    .testTarget(
      name: "LMDBStoreTests",
      dependencies: [
        "LMDB", "LMDBStore", "OrderedStore", "QueueCore", "QueueLogic", "QueueTestKit",
      ],
      swiftSettings: checks),
    .testTarget(
      name: "PostgresStoreTests",
      dependencies: [
        "OrderedStore", "Postgres", "PostgresStore", "QueueCore", "QueueLogic", "QueueTestKit",
        "System", "q", "q-postgres",
      ],
      swiftSettings: checks),
    .testTarget(
      name: "WorkerTests",
      dependencies: ["Worker", "CProcess", "QueueCore", "QueueTestKit", "System"],
      swiftSettings: checks),
    .executableTarget(
      name: "turns", dependencies: ["LMDBStore", "PostgresStore", "QueueCore", "QueueLogic"],
      path: "Benchmarks/turns", swiftSettings: checks),
    .executableTarget(name: "ledger-handler", path: "fixtures/handlers/ledger"),
    .executableTarget(name: "answer-handler", path: "fixtures/streams/answer"),
    .testTarget(
      name: "StormTests",
      dependencies: [
        "LMDB", "LMDBStore", "PostgresStore", "QueueCore", "QueueLogic", "QueueTestKit", "q",
        "q-postgres",
      ],
      swiftSettings: checks),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "JSONText", "QueueCommands", "QueueCore", "QueueTestKit", "Worker", "q", argumentParser,
      ],
      swiftSettings: checks),
  ]
)
