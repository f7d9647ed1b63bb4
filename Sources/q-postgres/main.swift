import CProcess
import PostgresStore
import QueueCommands

if let request = GuardRequest(CommandLine.arguments) {
  Guardian.guardToEnd(request)
} else {
  // Whoever looks for q-work among the processes finds it.
  qp_set_thread_name(CommandLine.arguments[0].split(separator: "/").last.map(String.init) ?? "q")
  runCommand(engines: [PostgresEngine(guardProgram: "/proc/self/exe")])
}
