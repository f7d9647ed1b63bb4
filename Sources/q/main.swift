import QueueCommands

runCommand()
