import LMDBStore
import QueueCommands

runCommand(engines: [LMDBEngine(), PostgresProgram()])
