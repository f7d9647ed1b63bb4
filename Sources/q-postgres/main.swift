import PostgresStore
import QueueCommands

if let request = GuardRequest(CommandLine.arguments) {
  request.guardToEnd()
} else {
  runCommand(engines: [PostgresEngine(guardProgram: "/proc/self/exe")])
}
