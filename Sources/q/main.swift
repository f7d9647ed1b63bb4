import QueueCommands
runCommand()
