import LMDBStore
import QueueCommands

runCommand(engines: [LMDBEngine()])
